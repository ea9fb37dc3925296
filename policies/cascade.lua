-- cascade: a small model answers first; when its answer is weak, a better one is asked.
--
--   policy "policies/cascade.lua" { default = "gpt-5.2", options = { small = "kimi-k2.5", better = "claude-opus-4-6", judge = "gpt-5.2" } }
--
-- The small model's answer is collected before anybody sees it, so a stream begins later than without; `cheap-first` is the policy that
-- streams at once and looks at failures only. An answer is weak when it failed, was cut, is short of `shortest` characters, says that it does
-- not know, or when the model `judge` says so (a few tokens more). Weak answers are paid: see the record of the request for what each cost.
--
-- What has tools, pictures or a form that it must have goes to the better model at once: there a small model's answer is hard to judge.

local conversation = require "yuzui.conversation"

options {
  small = { type = "model", default = "kimi-k2.5", help = "is asked first" },
  better = { type = "model", default = "claude-opus-4-6", help = "is asked when the small one's answer is weak" },
  judge = { type = "string", default = "", help = "a model that says whether an answer is good; none, unless said" },
  shortest = { type = "number", default = 1, min = 1, max = 100000, help = "characters of an answer that is no weak one" },
  longest = { type = "number", default = 8000, min = 1, help = "tokens of a request that the small one is asked at all" },
  max_tokens = { type = "number", default = 1024, min = 1, help = "of the small one's answer" },
}

local DOUBTS = {
  "i don't know", "i do not know", "i'm not sure", "i am not sure", "i'm unable to", "i am unable to", "i cannot help", "i can't help",
  "as an ai", "不知道", "不确定", "无法回答", "无法提供", "抱歉，我",
}

-- Why the answer is weak; nil: it is not.
local function weakness(req, answer, err)
  local options = req.options
  if not answer then
    return err.class
  elseif answer.finish ~= "stop" then
    return "cut"
  elseif (utf8.len(answer.text) or 0) < options.shortest then
    return "short"
  end
  local beginning = answer.text:sub(1, 400):lower()
  for _, doubt in ipairs(DOUBTS) do
    if beginning:find(doubt, 1, true) then
      return "in doubt"
    end
  end
  if options.judge == "" then
    return nil
  end
  local verdict = llm.chat {
    model = options.judge,
    temperature = 0,
    max_tokens = 5,
    messages = "Question:\n" .. req:question() .. "\n\nAnswer:\n" .. answer.text ..
      "\n\nIs the answer correct, complete and to the point? Say yes or no, nothing else.",
  }
  return verdict and verdict.text:lower():find("no", 1, true) and "judged weak" or nil
end

return function(req, next)
  local options = req.options
  if req:known() then
    return next(req) -- a client that names a configured model means it
  end
  local messages = not conversation.gives(req, "tools", "functions", "response_format", "output_config", "text", "generationConfig") and
    req:tokens() <= options.longest and conversation.of(req)
  if not messages then
    req.model = options.better
    req:because("more than words")
    return next(req)
  end
  local answer, err = llm.chat { model = options.small, messages = messages, max_tokens = options.max_tokens }
  local weak = weakness(req, answer, err)
  if not weak then
    req:because("small")
    return { text = answer.text, model = answer.model }
  end
  req.model = options.better
  req:because("small: " .. weak)
  return next(req)
end
