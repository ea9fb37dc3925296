-- code-review: several reviewers read the code at once, each for something else; a judge makes one review of theirs.
--
--   model "workflow/code-review" {}
--   workflow "workflows/code-review.lua" { model = "workflow/code-review", options = { reviewers = { "claude-opus-4-6", "gpt-5.2" } } }
--
-- The judge begins when all have answered or failed; fewer than `quorum` answers are an error rather than half a review. At most
-- `at_once` run at the same time. The judge's answer streams.

options {
  reviewers = {
    type = "list",
    of = { type = "model" },
    default = { "claude-opus-4-6", "gpt-5.2", "kimi-k2.5" },
    help = "who reads; they take turns where there are fewer than things to look for",
  },
  looks_for = {
    type = "list",
    of = { type = "string" },
    default = {
      "mistakes: wrong results, races, what happens at the limits",
      "safety: input that is trusted, secrets, what an attacker could reach",
      "clarity: names, structure, what the next reader will not understand",
    },
    help = "what each reads for",
  },
  judge = { type = "model", default = "claude-opus-4-6", help = "makes one review of all" },
  quorum = { type = "number", default = 2, min = 1, max = 32, help = "reviews that there must be" },
  at_once = { type = "number", default = 3, min = 1, max = 32, help = "reviewers that read at the same time" },
  patience = { type = "number", default = 120000, min = 1, max = 600000, help = "ms that a reviewer may take" },
}

return function(req)
  local options, code = req.options, req:question()
  local questions = {}
  for i, aspect in ipairs(options.looks_for) do
    questions[i] = {
      step = "review " .. i,
      model = options.reviewers[(i - 1) % #options.reviewers + 1],
      timeout = options.patience,
      messages = "Review this code. Look for " .. aspect .. ", and for nothing else. Give the line and what would be right.\n\n" .. code,
    }
  end
  local answers, errors = llm.all(questions, options.at_once)
  local reviews, last = {}, nil
  for i, aspect in ipairs(options.looks_for) do
    if answers[i] then
      reviews[#reviews + 1] = "Review for " .. aspect .. ":\n" .. answers[i].text
    else
      last = errors[i]
    end
  end
  req:because(("%d of %d reviews"):format(#reviews, #questions))
  if #reviews < math.min(options.quorum, #questions) then
    return nil, {
      class = "unavailable",
      message = ("Only %d of %d reviewers answered (%s)."):format(#reviews, #questions, last and last.class or "none failed"),
    }
  end
  return llm.answer {
    step = "judge",
    model = options.judge,
    messages = "Code:\n" .. code .. "\n\n" .. table.concat(reviews, "\n\n") ..
      "\n\nMake one review of these: the gravest first, each thing once, without what is wrong or petty.",
  }
end
