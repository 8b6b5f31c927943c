// error: 'admission' consumed more than once
import Governance
import Tools

func spend(_ tool: any Tool, _ admission: consuming Admission) async {
  if case .permitted(let permit) = admission { _ = await tool.call(permit) }
  #if !CONTROL
    if case .permitted(let permit) = admission { _ = await tool.call(permit) }
  #endif
}
