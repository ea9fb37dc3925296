-- yuzui.question: what kind of question is it?
--
--   question.kind(req)  -> "knowledge" | "reasoning" | "default", and how sure that is: 0 is a toss-up, 1 is certain
--   question.of(text)   -> the same, of a text
--   question.more(what) -> the same of either, and { second, probability, language, code, chars, difficulty }
--   question.kind(req, { unsure = "ask", model = "kimi-k2.5" }) -> the same; where the margin is below `below` (0.3), a small model is asked, for
--                          `timeout` (1000) ms at most and `per_minute` (60) times a minute on each worker; sure is then 1, and "asked" third
--
-- How often that is, and whether it was worth it, is counted: policy_question_unsure, _asked, _agreed (with what was thought anyway),
-- _unanswered (in time, or by one of the three words), _over_budget.
--
-- A linear model in Chinese and English over words, pairs and threes of them, how the text begins and ends, and its shape: question.model,
-- made by `yuzui train` (see README.md). It judges by what is asked: the last text of the user, of long ones both ends; where that is no
-- more than "continue", the one before. An average question takes about four microseconds.

local model = classify.open "yuzui/question.model"

local unsure = counter("question_unsure", "questions whose kind is unsure")
local asked = counter("question_asked", "unsure questions that a model was asked about")
local agreed = counter("question_agreed", "questions of which the model said what was thought anyway")
local unanswered = counter("question_unanswered", "questions that the model did not judge in time, or not in one word")
local over_budget = counter("question_over_budget", "unsure questions that no model was asked about: the budget was used up")

local PROMPT = [[
What kind of message is this? Answer with one word.
knowledge: its answer is a fact, a definition, something looked up, or stands in a text it brings
reasoning: mathematics, logic, code, plans, decisions, anything worked out in steps
default: small talk, writing, translating, rewriting, orders to an assistant, everything else

Message:
]]

local minute, left = -1, 0

local function in_budget(per_minute)
  local now = math.floor(time.now() / 60)
  if now ~= minute then
    minute, left = now, per_minute
  end
  left = left - 1
  return left >= 0
end

-- The first of the three words that the answer holds.
local function said(answer)
  local text, found, at = answer and answer.text:lower() or "", nil, math.huge
  for _, kind in ipairs { "knowledge", "reasoning", "default" } do
    local from = text:find(kind, 1, true)
    if from and from < at then
      found, at = kind, from
    end
  end
  return found
end

local function ask(req, how, kind, margin)
  unsure()
  if not in_budget(how.per_minute or 60) then
    over_budget()
    return kind, margin
  end
  asked()
  local answer = llm.chat {
    step = "kind",
    model = how.model,
    timeout = how.timeout or 1000,
    max_tokens = 5,
    messages = PROMPT .. utf8.cut(req:question(), 2000),
  }
  local found = said(answer)
  if not found then
    unanswered()
    return kind, margin
  elseif found == kind then
    agreed()
  end
  return found, 1, "asked"
end

return {
  of = function(text)
    return model:judge(text)
  end,
  kind = function(req, how)
    local kind, margin = model:judge(req)
    if how and how.unsure == "ask" and margin < (how.below or 0.3) then
      return ask(req, how, kind, margin)
    end
    return kind, margin
  end,
  more = function(what)
    return model:judge(what, true)
  end,
}
