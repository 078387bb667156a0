import Batching
import HTTPServer
import Models

/// `POST /v2/models/{model}[/versions/{version} | /labels/{label}]/infer`.
struct InferEndpoint: HTTPHandler {
  let context: ServiceContext

  func refusal(of head: HTTPRequestHead) -> HTTPFailure? { context.refusal(of: head) }

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let arrival = ContinuousClock.now
    let job: InferJob
    do throws(HTTPFailure) {
      let model = try context.model(of: request)
      job = InferJob(
        context: context, exchange: exchange, model: model, requestHeaders: request.headers,
        permit: try context.admit(bytes: request.body.count), arrival: arrival,
        cancellation: Cancellation(engine: context.engine))
    } catch {
      exchange.fail(error)
      return
    }
    let cancel = job.cancel
    exchange.onCancel { _ in cancel() }
    context.run(exchange) { job.decode(request) }
  }
}

/// One inference request on its way: decoded on the pool, computed in a batch, encoded on the pool.
private struct InferJob: Sendable {
  let context: ServiceContext
  let exchange: HTTPExchange
  let model: LoadedModel
  let requestHeaders: HTTPHeaders
  let permit: Permit
  let arrival: ContinuousClock.Instant
  let cancellation: Cancellation

  /// What to do when the client goes; it does not keep the exchange alive.
  var cancel: @Sendable () -> Void {
    { [context, model, permit, arrival, cancellation] in
      cancellation.cancel()
      permit.release()
      context.monitor.failed(model, .canceled, after: arrival.duration(to: .now))
    }
  }

  func decode(_ request: HTTPRequest) {
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
      try submit(infer, pointCount: pointCount, decodeDuration: start.duration(to: .now))
    } catch {
      fail(error, .rejected)
    }
  }

  private func submit(
    _ infer: InferRequest, pointCount: Int, decodeDuration: Duration
  ) throws(HTTPFailure) {
    let limit = context.configuration.requestTimeout
    let timeout = infer.timeout.map { min($0, limit) } ?? limit
    let wanted = infer.withoutTensors
    let ids = try context.submit(
      infer.tensors, pointCount: pointCount, to: model, deadline: arrival + timeout
    ) { outcome in
      switch outcome {
      case .expired:
        fail(.deadlinePassed, .other)
      case .computed(let outputs, let times):
        let times = RequestTimes(queue: times.queue, input: decodeDuration, compute: times.compute)
        context.run(exchange) {
          encode(outputs, for: wanted, pointCount: pointCount, times: times)
        }
      }
    }
    cancellation.add(ids)
  }

  private func encode(
    _ outputs: [HostTensor], for infer: InferRequest, pointCount: Int, times: RequestTimes
  ) {
    let start = ContinuousClock.now
    do throws(HTTPFailure) {
      let answer = InferResponse(
        model: model, request: infer, outputs: outputs, labels: model.classNames)
      var response = try answer.encode()
      response.compress(for: requestHeaders)
      var times = times
      times.output = start.duration(to: .now)
      context.monitor.succeeded(
        model, duration: arrival.duration(to: .now), times: times, pointCount: pointCount)
      let timing = ServerTiming([
        ("decode", times.input), ("queue", times.queue), ("infer", times.compute),
        ("encode", times.output),
      ])
      exchange.attach(AccessDetail(points: pointCount, timing: timing))
      permit.release()
      exchange.respond(timing.added(to: response))
    } catch {
      fail(error, .other)
    }
  }

  private func fail(_ failure: HTTPFailure, _ reason: FailureReason) {
    permit.release()
    context.monitor.failed(model, reason, after: arrival.duration(to: .now))
    exchange.fail(failure)
  }
}
