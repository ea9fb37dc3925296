-- judge: several models answer, another one says which answer is the best, and that one is given.
--
--   policy "policies/judge.lua" { default = "gpt-5.2", options = { candidates = { "gpt-5.2", "kimi-k2.5" }, judge = "claude-opus-4-6" } }
--
-- All answers are paid for and the client waits for the slowest (`patience` at most), so it is for questions where that is worth it. Answers are
-- shown to the judge as A, B, C … in an order drawn by lot, as judges like what they read first. If it names none of them, or does not
-- answer, the first candidate's answer is given. What has tools, pictures or a form goes to the first candidate alone.

local conversation = require "yuzui.conversation"

options {
  candidates = { type = "list", of = { type = "model" }, default = { "gpt-5.2", "kimi-k2.5" }, help = "who answers, at most eight" },
  judge = { type = "model", default = "claude-opus-4-6", help = "says whose answer is the best" },
  patience = { type = "number", default = 60000, min = 1, max = 600000, help = "ms that each may take" },
  max_tokens = { type = "number", default = 2048, min = 1, help = "of an answer" },
  always = { type = "boolean", default = false, help = "also what names a model that is configured" },
}

local MOST = 8

local function alone(req, next, why)
  req.model = req.options.candidates[1]
  req:because(why)
  return next(req)
end

-- The answers there are, in an order drawn by lot.
local function shuffled(answers, n)
  local list = {}
  for i = 1, n do
    if answers[i] then
      table.insert(list, math.random(#list + 1), answers[i])
    end
  end
  return list
end

local function choose(req, list)
  local shown = {}
  for i, answer in ipairs(list) do
    shown[i] = ("Answer %s:\n%s"):format(string.char(64 + i), answer.text)
  end
  local verdict = llm.chat {
    step = "judge", model = req.options.judge, timeout = req.options.patience, max_tokens = 5,
    messages = "Question:\n" .. req:question() .. "\n\n" .. table.concat(shown, "\n\n") ..
      "\n\nWhich answer is the best: correct, complete, to the point? Say its letter, nothing else.",
  }
  local letter = verdict and verdict.text:match("%f[%a]([A-H])%f[%A]")
  return letter and list[letter:byte() - 64]
end

return function(req, next)
  local options = req.options
  if req:known() and not options.always then
    return next(req)
  end
  local messages = not conversation.gives(req, "tools", "functions", "response_format", "output_config", "text", "generationConfig") and
    conversation.of(req)
  if not messages then
    return alone(req, next, "more than words")
  end
  local questions, n = {}, math.min(#options.candidates, MOST)
  for i = 1, n do
    questions[i] = {
      step = "candidate", model = options.candidates[i], messages = messages, timeout = options.patience, max_tokens = options.max_tokens,
    }
  end
  local answers, errors = llm.all(questions, n)
  local list = shuffled(answers, n)
  if #list == 0 then
    return nil, errors[1]
  end
  local best = #list > 1 and choose(req, list)
  req:because(best and "judged" or #list > 1 and "not judged" or "one answered")
  best = best or answers[1] or list[1]
  return { text = best.text, model = best.model }
end
