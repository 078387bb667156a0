/// Every limit of the server.
///
/// Times run on a monotonic clock.
package struct HTTPServerConfiguration: Sendable {
  /// Most bytes and fields of request headers.
  package var parser = HTTPParserLimits()
  /// Most bytes of a request body, before and after its content codings are undone, where the
  /// route does not say otherwise; more is 413.
  package var maximumBodyByteCount = 256 << 20
  /// Bytes of a body that are read and dropped so that a connection outlives a request that was
  /// answered by its header alone, for example with 404: less work than a new connection.
  package var maximumDiscardedByteCount = 1 << 20
  /// Bytes of request bodies and unsent responses in memory over all connections; a request
  /// beyond is 503.
  package var maximumBufferedByteCount = 1 << 30
  /// Bytes of a streamed response that wait for a slow client before its writer must pause.
  package var streamBufferByteCount = 256 << 10

  /// Open connections; one more is answered with 503 and closed, or closed without a word where
  /// too many come (over TLS, more than 50 each second).
  package var maximumConnectionCount = 16384
  /// Open connections of one client address; one more is answered with 429 and closed in the same
  /// way.
  package var maximumConnectionCountPerClient = 16384
  /// Requests after which a connection closes.
  package var maximumRequestCountPerConnection = Int.max
  /// Connections the kernel holds until they are accepted.
  package var backlog: Int32 = 1024
  /// Event loops, each on a serial queue of its own.
  package var eventLoopCount = 2

  /// From accepting to the end of a TLS handshake.
  package var handshakeTimeout = Duration.seconds(10)
  /// From a request's first byte (or from accepting) to the end of its header.
  package var headerTimeout = Duration.seconds(10)
  /// From a header's end to the end of its body.
  package var bodyTimeout = Duration.seconds(300)
  /// Least rate of a body, judged over every ``rateInterval``; 0 for none.
  package var minimumBodyBytesPerSecond = 1024
  /// Least rate at which a client takes a response that waits for it, judged over every
  /// ``rateInterval``; 0 for none.
  package var minimumResponseBytesPerSecond = 1024
  /// How long a rate is watched before it is judged.
  package var rateInterval = Duration.seconds(10)
  /// Between two requests of a connection.
  package var idleTimeout = Duration.seconds(60)
  /// Without a single byte taken of a response that waits for the client.
  package var writeStallTimeout = Duration.seconds(30)
  /// From a complete request to the start of its answer; then 504.
  ///
  /// Nil for no limit here.
  package var requestTimeout: Duration?
  /// How long a connection still reads after the server's last byte, so that the client sees
  /// this byte and not a reset.
  package var lingerTimeout = Duration.seconds(5)
  /// How long idle connections stay open at the start of a drain, for requests on their way.
  package var drainIdleTimeout = Duration.milliseconds(250)
  /// How long accepting pauses when the process has no descriptor left.
  package var acceptPause = Duration.milliseconds(50)

  /// Requests per second of one client (by API key, or by address without one) on routes that limit
  /// their rate; more is 429.
  ///
  /// Nil for no limit.
  package var requestsPerSecondPerClient: Double?
  /// Requests a client may make at once before that rate counts.
  package var requestBurstPerClient = 20

  /// Which web pages of other origins may read responses.
  package var crossOrigin = CrossOriginPolicy()

  /// The `Server` field; nil for none.
  package var serverName: String? = "pointserve"

  package init() {}
}
