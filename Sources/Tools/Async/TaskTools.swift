package import Governance
package import Tasks

/// The tools on tasks, in the order of the catalogue.
package enum TaskTools {
  package static func all(
    _ tasks: TaskStore, _ governor: Governor, _ operations: OperationCatalogue
  ) -> [any Tool] {
    [
      SubmitAsyncTask(tasks, governor, operations), GetAsyncTask(tasks), ListAsyncTasks(tasks),
      CancelAsyncTask(tasks, governor.approvals),
    ]
  }
}
