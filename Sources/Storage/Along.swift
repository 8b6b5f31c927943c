/// What is written with a change, in its transaction: both are stored, or neither. It is told what the change gave.
package typealias Along<Value> = @Sendable (Value, Transaction) throws -> Void
