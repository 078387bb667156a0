import Batching
import HTTPServer
import Metrics
import Models
import PointClouds
import Segmentation

/// `POST /v2/models/{model}[/versions/{version} | /labels/{label}]/segment`.
struct SegmentEndpoint: HTTPHandler {
  let context: ServiceContext

  /// What one request asks for, known before its body is decoded.
  private struct Order: Sendable {
    let model: LoadedModel
    let segmenter: Segmenter
    let format: CloudFormat
    let answer: SegmentFormats.Answer
    let wantsConfidence: Bool
    let wantsProbabilities: Bool
    let requestHeaders: HTTPHeaders
    let permit: Permit
    let arrival: ContinuousClock.Instant
    let cancellation: Cancellation
  }

  func refusal(of head: HTTPRequestHead) -> HTTPFailure? { context.refusal(of: head) }

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let order: Order
    do {
      order = try takeOrder(request)
    } catch {
      exchange.fail(error)
      return
    }
    exchange.onCancel { _ in
      order.cancellation.cancel()
      order.permit.release()
      context.monitor.failed(order.model, .canceled, after: order.arrival.duration(to: .now))
    }
    context.run(exchange) { prepare(order, body: request.body, exchange) }
  }

  private func takeOrder(_ request: HTTPRequest) throws(HTTPFailure) -> Order {
    let arrival = ContinuousClock.now
    let model = try context.model(of: request)
    let segmenter = try context.segmenter(of: model)
    let answer = try SegmentFormats.answer(for: request)
    let query = try QueryFlags(request, known: ["confidence", "probabilities"])
    if query["probabilities"], case .cloud(let format) = answer, !format.holdsProbabilities {
      throw HTTPFailure(
        .notAcceptable, code: "not_acceptable",
        message: "\(format.name) has no place for probabilities; JSON, CSV and NPY have",
        detail: [("found", .string(format.name))])
    }
    let format = try SegmentFormats.format(of: request)
    return Order(
      model: model, segmenter: segmenter, format: format, answer: answer,
      wantsConfidence: query["confidence"], wantsProbabilities: query["probabilities"],
      requestHeaders: request.headers, permit: try context.admit(bytes: request.body.count),
      arrival: arrival,
      cancellation: Cancellation(engine: context.engine))
  }

  private func prepare(_ order: Order, body: [UInt8], _ exchange: HTTPExchange) {
    guard !order.cancellation.isCancelled else { return }
    let deadline = order.arrival + context.configuration.requestTimeout
    let start = ContinuousClock.now
    do throws(HTTPFailure) {
      guard start < deadline else { throw HTTPFailure.deadlinePassed }
      let decoded: DecodedCloud
      let task: SegmentationTask
      let decodeDuration: Duration
      let cancellation = order.cancellation
      let sharing = WorkSharing(pool: context.engine.tasks) {
        !cancellation.isCancelled && .now < deadline
      }
      do throws(CloudError) {
        decoded = try order.format.decode(
          body,
          limits: CloudLimits(
            pointCount: context.configuration.admission.requestPoints,
            byteCount: context.configuration.maximumBodyBytes), on: sharing)
      } catch {
        throw HTTPFailure(error)
      }
      decodeDuration = start.duration(to: .now)
      try context.extend(order.permit, points: decoded.cloud.count)
      do throws(SegmentationError) {
        task = try order.segmenter.prepare(
          decoded.cloud,
          windowBudget: max(
            64, 4 * SegmentationJob.chainCount(workerCount: context.engine.workerCount)),
          on: sharing)
      } catch {
        throw HTTPFailure(error)
      }
      context.monitor.decoded(order.format.name, duration: decodeDuration)
      var lines: SegmentLines?
      if case .lines = order.answer {
        let answer = SegmentLines(exchange)
        task.onJoin(answer.report)
        lines = answer
      }
      let job = SegmentationJob(
        context: context, model: order.model, task: task, deadline: deadline,
        cancellation: order.cancellation
      ) { [lines] outcome in
        switch outcome {
        case .success(let outcome):
          encode(
            order, decoded: decoded, outcome: outcome, decodeDuration: decodeDuration,
            lines: lines, exchange)
        case .failure(let failure):
          order.permit.release()
          context.monitor.failed(order.model, .other, after: order.arrival.duration(to: .now))
          if !exchange.fail(failure) { lines?.fail(failure) }
        }
      }
      job.start()
    } catch {
      // Whoever cancelled has released the permit and counted the request.
      guard !order.cancellation.isCancelled else { return }
      order.permit.release()
      context.monitor.failed(order.model, .rejected, after: order.arrival.duration(to: .now))
      exchange.fail(error)
    }
  }

  private func encode(
    _ order: Order, decoded: DecodedCloud, outcome: SegmentationJob.Outcome,
    decodeDuration: Duration, lines: SegmentLines?, _ exchange: HTTPExchange
  ) {
    let start = ContinuousClock.now
    let timings = outcome.result.timings
    var stages = [
      ("decode", decodeDuration), ("prepare", timings.preparation), ("queue", outcome.queue),
      ("neighbors", timings.windows + timings.neighbors), ("infer", outcome.compute),
      ("votes", timings.votes),
    ]
    do throws(HTTPFailure) {
      var response = try SegmentResponse(
        model: order.model, decoded: decoded, result: outcome.result,
        wantsConfidence: order.wantsConfidence, wantsProbabilities: order.wantsProbabilities
      ).encode(as: order.answer, timing: ServerTiming(stages))
      if lines == nil { response.compress(for: order.requestHeaders) }
      let encodeDuration = start.duration(to: .now)
      stages.append(("encode", encodeDuration))
      context.monitor.succeeded(
        order.model, duration: order.arrival.duration(to: .now),
        times: RequestTimes(
          queue: outcome.queue, input: decodeDuration + timings.preparation + timings.neighbors,
          compute: outcome.compute, output: encodeDuration), pointCount: decoded.cloud.count)
      context.monitor.metrics.neighborsTime.observe(timings.neighbors)
      let timing = ServerTiming(stages)
      exchange.attach(AccessDetail(points: decoded.cloud.count, timing: timing))
      order.permit.release()
      if let lines {
        lines.finish(response)
      } else {
        exchange.respond(timing.added(to: response))
      }
    } catch {
      order.permit.release()
      context.monitor.failed(order.model, .other, after: order.arrival.duration(to: .now))
      if !exchange.fail(error) { lines?.fail(error) }
    }
  }
}
