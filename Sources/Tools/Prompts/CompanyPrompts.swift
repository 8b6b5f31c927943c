package import Records

/// The prompts on the company's records, in the order in which clients see them.
package enum CompanyPrompts {
  package static func all(on records: any Records) -> [any Prompt] {
    [
      dailyBriefing(records), overdueInvoices(records), pipelineReview(records), lateTasks(records),
      monthEnd(records), customerSummary(records), meeting(records), followUp(records), salesReport(records),
      orderReview(records), stockCheck(records), projectStatus(records), explainModel(records),
    ]
  }

  private static let customer = PromptArgument.required(
    "customer", "Customer", "Name or id of the customer (res.partner)", .names(of: "res.partner"))

  private static func dailyBriefing(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "daily_briefing", "Daily briefing", "What needs me today: activities, tasks, quotations and invoices.",
      tools: ["whoami", "search_read", "read_group"], records: records
    ) { _ in
      """
      Give me my briefing for today. First call whoami to learn who I am.

      1. Activities that are due (mail.activity, date_deadline up to today, user_id = me): summary, res_name, deadline.
      2. My tasks that are late or due this week (project.task, user_ids contains me, state not done or cancelled).
      3. My quotations that run out within a week (sale.order, state draft or sent, validity_date).
      4. If I may read account.move: posted customer invoices that became overdue this week.

      Skip what I may not read, without remarks. Answer in at most 15 lines, the most urgent first, and end with the \
      three things to do first. Change nothing.
      """
    }
  }

  private static func overdueInvoices(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "overdue_invoices", "Overdue invoices", "Who owes how much for how long, and whom to call first.",
      [
        .optional("customer", "Customer", "Name or id of one customer", .names(of: "res.partner")),
        .optional("min_days", "Days overdue", "Only invoices overdue by at least so many days"),
      ], tools: ["search_read", "read_group"], embeds: [.record(in: "customer", of: "res.partner")],
      records: records
    ) { blanks in
      """
      List the overdue customer invoices\(blanks.given("customer") { " of \($0)" })\
      \(blanks.given("min_days") { " that are overdue by at least \($0) days" }).

      They are records of account.move with move_type "out_invoice", state "posted", payment_state "not_paid" or \
      "partial", and invoice_date_due before today. Read name, partner_id, invoice_date_due, amount_residual and \
      currency_id with search_read, oldest first; never add amounts of different currencies.

      Answer with a table (customer, invoice, due, days overdue, open amount), the sum per currency, the ageing in \
      steps of 30 days, and the three customers to call first with one sentence each on why. Send nothing to anybody.
      """
    }
  }

  private static func pipelineReview(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "pipeline_review", "Pipeline review", "Opportunities by stage, those that are stuck, and the forecast.",
      [
        .optional("salesperson", "Salesperson", "Name of one salesperson", .names(of: "res.users")),
        .optional("stage", "Stage", "Name of one stage", .names(of: "crm.stage")),
      ], tools: ["search_read", "read_group"], records: records
    ) { blanks in
      """
      Review the sales pipeline\(blanks.given("salesperson") { " of \($0)" })\(blanks.given("stage") { " in the stage \($0)" }).

      Use crm.lead with type "opportunity". Group by stage_id with expected_revenue:sum and prorated_revenue:sum \
      (read_group), then read the ten largest open ones: name, partner_id, stage_id, expected_revenue, probability, \
      date_deadline, date_last_stage_update.

      Tell: the value per stage, expected and weighted; deals without a change of stage for more than 30 days; deals \
      whose closing date has passed; and for each of the five most important ones the next step that you would take.
      """
    }
  }

  private static func lateTasks(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "late_tasks", "Late tasks", "Tasks past their deadline, by project and person.",
      [.optional("project", "Project", "Name or id of one project", .names(of: "project.project"))],
      tools: ["search_read", "read_group"], embeds: [.record(in: "project", of: "project.project")],
      records: records
    ) { blanks in
      """
      Which tasks are late\(blanks.given("project") { " in the project \($0)" })?

      They are records of project.task with date_deadline before today and a state that is not "1_done" or \
      "1_canceled". Read name, project_id, user_ids, date_deadline, priority, allocated_hours and effective_hours.

      Group them by project, the longest overdue first; mark those of high priority and those that have used more \
      hours than planned; and tell who has the most of them. End with what you would move, hand over or drop.
      """
    }
  }

  private static func monthEnd(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "month_end_checklist", "Month-end checklist",
      "What has to be settled before the books of a month close.",
      [.optional("month", "Month", "Such as 2026-10; left out, the month before this one")],
      tools: ["search_read", "read_group", "count_records", "list_companies"], records: records
    ) { blanks in
      """
      Go through the month-end checklist for \(blanks.given("month", { $0 }, else: "the month before this one")), for each \
      company that I may see (list_companies):

      1. Draft invoices and bills dated in the month (account.move, state "draft").
      2. Sales orders that are delivered but not invoiced (sale.order, invoice_status "to invoice").
      3. Vendor bills that are due within a week (move_type "in_invoice", posted, not paid).
      4. Payments without an invoice, if account.payment can be read.
      5. Overdue customer invoices: number and sum per currency.
      6. Revenue of the month against the month before (move_type "out_invoice", posted, amount_untaxed:sum by \
      invoice_date:month).

      Answer with a checklist: done, open (with numbers and names), or not for you to see. Post and change nothing.
      """
    }
  }

  private static func customerSummary(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "customer_summary", "Customer summary", "All that matters about one customer on one page.", [customer],
      tools: ["search_read", "read_group", "get_record"],
      embeds: [.record(in: "customer", of: "res.partner")],
      records: records
    ) { blanks in
      """
      Summarise the customer \(blanks["customer"]) on one page: who they are and whom we know there (child_ids), what \
      they bought over the last twelve months (sale.order, amounts by month and currency), what is open now \
      (quotations, orders, invoices and how much of them is overdue), opportunities, projects with their state, and \
      what was last said (mail.message).

      Use the record above if it is there. Name records with their numbers, say which parts I may not read, and end \
      with two or three things that I should know before I talk to them.
      """
    }
  }

  private static func meeting(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "prepare_meeting", "Prepare a meeting", "An agenda for a meeting with a customer, from what is open.",
      [customer, .optional("topic", "Topic", "What the meeting is about")],
      tools: ["search_read", "get_record"], embeds: [.record(in: "customer", of: "res.partner")],
      records: records
    ) { blanks in
      """
      Prepare my meeting with \(blanks["customer"])\(blanks.given("topic") { " about \($0)" }).

      Look up what is open with them: quotations and orders, invoices, tasks, activities and the last ten messages. \
      Then write: three sentences of background, an agenda of at most five points with the facts behind each, \
      questions that we should ask, and what we promised and have not done. Keep it to one page.
      """
    }
  }

  private static func followUp(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "draft_follow_up", "Draft a follow-up",
      "A message to the customer of a quotation, order, invoice or opportunity.",
      [
        .required(
          "model", "Kind of record", "Such as sale.order",
          .choices(["sale.order", "account.move", "crm.lead", "project.task"])),
        .required("id", "Record", "Name or id of the record", .identifiers(modelIn: "model")),
        .optional("tone", "Tone", "How it should sound", .choices(["friendly", "formal", "firm"])),
        .optional("language", "Language", "In which language", .choices(["English", "German", "Swedish"])),
      ], tools: ["get_record", "search_read"], embeds: [.recordOfModel(in: "id", modelIn: "model")],
      records: records
    ) { blanks in
      """
      Draft a follow-up on the \(blanks["model"]) record \(blanks["id"]), in \
      \(blanks.given("language", { $0 }, else: "the language of the customer's last message")), in a \
      \(blanks.given("tone", { $0 }, else: "friendly")) tone.

      Read the record and the last messages on it first, so that it fits what was said. Give me a subject and at most \
      120 words, with number, date and amount where they help, and one clear question at the end. Invent nothing, and \
      do not send it: I will.
      """
    }
  }

  private static func salesReport(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "sales_report", "Sales report", "Sales of a period against the one before.",
      [
        .required(
          "period", "Period", "Such as this month",
          .choices(["this week", "this month", "last month", "this quarter", "last quarter", "this year"])),
        .optional(
          "group_by", "By", "How to break it down",
          .choices(["customer", "salesperson", "product", "country", "company"])),
      ], tools: ["read_group", "search_read"], records: records
    ) { blanks in
      """
      Report the sales of \(blanks["period"]) by \(blanks.given("group_by", { $0 }, else: "customer")), against the period \
      before.

      Use read_group on sale.order (state "sale", date_order) or sale.order.line for products, with amount_untaxed:sum \
      and counts, per currency. Answer with a table of the ten largest, totals, the change in per cent, and three \
      sentences on what stands out. Say from which records the numbers come.
      """
    }
  }

  private static func orderReview(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "review_order", "Review a quotation", "Checks a quotation or order before it is sent.",
      [.required("order", "Order", "Number or id of the order", .names(of: "sale.order"))],
      tools: ["get_record", "traverse_relationships", "search_read"],
      embeds: [.record(in: "order", of: "sale.order")], records: records
    ) { blanks in
      """
      Check the order \(blanks["order"]) before it goes out: customer and validity, every line (product, quantity, \
      price against the list price, discount), margin as far as I may see it, stock for what has to be delivered \
      (stock.quant), the customer's open invoices and credit limit, and whether the commitment date can be kept.

      Answer with a list of findings, each "fine", "look at it" or "wrong", with the facts. Change nothing.
      """
    }
  }

  private static func stockCheck(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "stock_check", "Stock check", "What is short, reserved or lies too long.",
      [.optional("product", "Product", "Name or id of one product", .names(of: "product.product"))],
      tools: ["search_read", "read_group"], embeds: [.record(in: "product", of: "product.product")],
      records: records
    ) { blanks in
      """
      Check the stock\(blanks.given("product") { " of \($0)" }): quantity, reserved_quantity and value by product and \
      location (stock.quant), against what open orders still need (sale.order.line of confirmed orders).

      Tell what is short and for which orders, what has been in stock for more than 180 days (in_date), and the five \
      products that tie up the most value.
      """
    }
  }

  private static func projectStatus(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "project_status", "Project status", "How a project stands, for its customer or for us.",
      [
        .required("project", "Project", "Name or id of the project", .names(of: "project.project")),
        .optional("audience", "For", "Who reads it", .choices(["customer", "management", "team"])),
      ], tools: ["search_read", "read_group"], embeds: [.record(in: "project", of: "project.project")],
      records: records
    ) { blanks in
      """
      Write the status of the project \(blanks["project"]) for the \(blanks.given("audience", { $0 }, else: "team")).

      Count its tasks by stage and state, compare allocated_hours with effective_hours, list what was finished over \
      the last two weeks, what comes next, what is late and on whom it waits. Begin with one line: on track, at risk or \
      off track, and why. \(blanks["audience"] == "customer" ? "Leave out hours, margins and internal notes." : "")
      """
    }
  }

  private static func explainModel(_ records: any Records) -> CompanyPrompt {
    CompanyPrompt(
      "explain_model", "Explain a model", "What a kind of record is, and what one can ask about it.",
      [.required("model", "Model", "Technical name, such as sale.order", .models)],
      tools: ["describe_model", "search_read"], embeds: [.model(in: "model")], records: records
    ) { blanks in
      """
      Explain the model \(blanks["model"]) to someone who has never seen it: what a record of it stands for, its most \
      important fields and states in plain words, how it hangs together with other models, and five questions that can \
      be answered from it, each with the call that answers it. Try one of them.
      """
    }
  }
}
