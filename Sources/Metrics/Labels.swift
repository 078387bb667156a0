/// Label names and their values, in the order in which they are written.
package struct Labels: Sendable, Equatable {
  package static let none = Labels([])

  let pairs: [(name: String, value: String)]

  package init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

  func adding(_ name: String, _ value: String) -> Labels { Labels(pairs + [(name, value)]) }

  package static func == (left: Labels, right: Labels) -> Bool {
    left.pairs.elementsEqual(right.pairs) { $0 == $1 }
  }
}
