-- by-question: the model by the kind of question.
--
--   knowledge (a fact, a definition, a document)      -> kimi-k2.5
--   reasoning (mathematics, logic, code, trade-offs)  -> claude-opus-4-6
--   everything else (small talk, writing, translating) -> gpt-5.2
--
-- A client that names a model which is configured keeps it: whoever writes `model="gpt-5.2"` means it. Ask for "auto" (or any name
-- that is not configured) to be routed. Other models are named in the config:
--
--   policy "policies/by-question.lua" { default = "gpt-5.2", options = { knowledge = "…", reasoning = "…", other = "…", always = true } }

local question = require "yuzui.question"

options {
  knowledge = { type = "model", default = "kimi-k2.5", help = "answers questions of knowledge" },
  reasoning = { type = "model", default = "claude-opus-4-6", help = "answers what needs reasoning" },
  other = { type = "model", default = "gpt-5.2", help = "answers everything else" },
  ask = { type = "string", default = "", help = "a small model that is asked when the kind is unsure; none, unless said" },
  always = { type = "boolean", default = false, help = "route also what names a model that is configured" },
}

return function(req, next)
  local options = req.options
  if req:known() and not options.always then
    return next(req)
  end
  local kind, _, asked = question.kind(req, options.ask ~= "" and { unsure = "ask", model = options.ask } or nil)
  if kind == "knowledge" then
    req.model = options.knowledge
  elseif kind == "reasoning" then
    req.model = options.reasoning
  else
    req.model = options.other
  end
  req:because(asked and kind .. ", asked" or kind)
  return next(req)
end
