-- long-context: conversations that are too long for the model asked for go to one with a larger window.
--
--   policy "policies/long-context.lua" { options = { limit = 100000, model = "kimi-k2.5" } }
--
-- The estimate is within a quarter of what tokenizers count, so keep `limit` that much below the real window. When the model still says
-- that the context is too long, the larger one is asked, too.

options {
  limit = { type = "number", default = 100000, min = 1, help = "tokens above which the larger model is asked" },
  model = { type = "model", default = "kimi-k2.5", help = "the one with the larger window" },
}

return function(req, next)
  local options = req.options
  local larger = options.model
  local tokens = req:tokens()
  if tokens > options.limit then
    req.model = larger
    req:because(tokens .. " tokens")
    return next(req)
  end
  local response, err = next(req)
  if not response and err.class == "context_length_exceeded" and req.model ~= larger then
    req.model = larger
    req:because("the model said it is too long")
    return next(req)
  end
  return response, err
end
