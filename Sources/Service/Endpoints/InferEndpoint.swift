import Batching
import HTTPServer
import Models

/// `POST /v2/models/{model}[/versions/{version} | /labels/{label}]/infer`.
struct InferEndpoint: HTTPHandler {
  let context: ServiceContext

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let arrival = ContinuousClock.now
    let model: LoadedModel
    let permit: Permit
    do {
      model = try context.model(of: request)
      permit = try context.admit(bytes: request.body.count)
    } catch {
      exchange.fail(error)
      return
    }
    let cancellation = Cancellation(engine: context.engine)
    exchange.onCancel { _ in cancellation.cancel() }
    context.run(exchange) {
      decode(
        request, exchange, model: model, permit: permit, arrival: arrival,
        cancellation: cancellation)
    }
  }

  private func decode(
    _ request: HTTPRequest, _ exchange: HTTPExchange, model: LoadedModel, permit: Permit,
    arrival: ContinuousClock.Instant, cancellation: Cancellation
  ) {
    guard !cancellation.isCancelled else { return }
    let start = ContinuousClock.now
    do throws(HTTPFailure) {
      let infer = try InferRequest(request, plan: model.plan)
      do throws(RequestError) {
        try model.plan.validate(infer.tensors)
      } catch {
        throw HTTPFailure(error)
      }
      let pointCount = model.plan.pointCount(of: infer.tensors)
      try context.extend(permit, points: pointCount)
      let decodeDuration = start.duration(to: .now)
      var timeout = context.configuration.requestTimeout
      if let wanted = infer.timeout { timeout = min(timeout, wanted) }
      let ids = try context.submit(
        infer.tensors, pointCount: pointCount, to: model, deadline: arrival + timeout
      ) { outcome in
        switch outcome {
        case .expired:
          permit.release()
          context.monitor.failed(model, .other, after: arrival.duration(to: .now))
          exchange.fail(.deadlinePassed)
        case .computed(let outputs, let times):
          context.run(exchange) {
            let start = ContinuousClock.now
            let answer = InferResponse(
              model: model, request: infer, outputs: outputs, labels: model.classNames)
            do throws(HTTPFailure) {
              var response = try answer.encode()
              response.compress(for: request.headers)
              let encodeDuration = start.duration(to: .now)
              context.monitor.succeeded(
                model, duration: arrival.duration(to: .now),
                times: RequestTimes(
                  queue: times.queue, input: decodeDuration, compute: times.compute,
                  output: encodeDuration), pointCount: pointCount)
              let timing = ServerTiming([
                ("decode", decodeDuration), ("queue", times.queue), ("infer", times.compute),
                ("encode", encodeDuration),
              ])
              exchange.attach(AccessDetail(points: pointCount, timing: timing))
              permit.release()
              exchange.respond(timing.added(to: response))
            } catch {
              permit.release()
              context.monitor.failed(model, .other, after: arrival.duration(to: .now))
              exchange.fail(error)
            }
          }
        }
      }
      cancellation.add(ids)
    } catch {
      permit.release()
      context.monitor.failed(model, .rejected, after: arrival.duration(to: .now))
      exchange.fail(error)
    }
  }
}
