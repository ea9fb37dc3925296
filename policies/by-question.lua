-- by-question: the model by the kind of question.
--
--   knowledge (a fact, a definition, a document)      -> kimi-k2.5
--   reasoning (mathematics, logic, code, trade-offs)  -> claude-opus-4-6
--   everything else (small talk, writing, translating) -> gpt-5.2
--
-- A client that names a model which is configured keeps it: whoever writes `model="gpt-5.2"` means it. Ask for "auto" (or any name
-- that is not configured) to be routed. Options, all optional, in the config:
--
--   policy "policies/by-question.lua" { default = "gpt-5.2", options = { always = "yes", knowledge = "…", reasoning = "…", other = "…" } }

local question = require "yuzui.question"

return function(req, next)
  local options = req.options
  if req:known() and options.always ~= "yes" then
    return next(req)
  end
  local kind = question.kind(req)
  if kind == "knowledge" then
    req.model = options.knowledge or "kimi-k2.5"
  elseif kind == "reasoning" then
    req.model = options.reasoning or "claude-opus-4-6"
  else
    req.model = options.other or "gpt-5.2"
  end
  req:because(kind)
  return next(req)
end
