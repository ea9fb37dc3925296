-- cheapest-that-fits: of several models the one whose answer may cost least, of those that can take the request and that the balance covers.
--
--   policy "policies/cheapest-that-fits.lua" { options = { models = {
--     { model = "kimi-k2.5", context = 256000 },
--     { model = "gpt-5.2", context = 400000 },
--   }, most = 0.50 } }
--
-- It decides for `auto`, and for any name that is not configured; with `always` for all. `context` is what the model can take, question and
-- answer together, in tokens. What a request may cost is what `bill` below would hold for it (req:estimate): by its length, by how long an
-- answer it asks for, at the prices of this moment. A model without a price is never chosen. Where the balance covers none of them the
-- cheapest is asked for, so that `bill` refuses with both numbers; where none may cost so little as `most`, the request is refused here.

options {
  models = {
    type = "list",
    of = {
      type = "table",
      fields = {
        model = { type = "model", required = true, help = "one of those to choose from" },
        context = { type = "number", default = 100000, min = 1, help = "tokens that it can take, question and answer" },
      },
    },
    required = true,
    help = "the models to choose from",
  },
  answer = { type = "number", default = 4096, min = 0, help = "tokens of an answer, where the request does not say" },
  most = { type = "number", min = 0, help = "USD that one request may cost; without it, as much as the balance covers" },
  always = { type = "boolean", default = false, help = "decide for requests that name a configured model, too" },
}

-- The tokens that the request asks for at most, in whatever dialect.
local function answer_of(req)
  local config = req:get("generationConfig")
  local longest = type(config) == "table" and tonumber(config.maxOutputTokens) or 0
  for _, name in ipairs { "max_tokens", "max_completion_tokens", "max_output_tokens" } do
    longest = math.max(longest, tonumber(req:get(name)) or 0)
  end
  return longest > 0 and longest or req.options.answer
end

-- The models that can take the request and have a price, the cheapest first.
local function candidates(req)
  local needed, found = req:tokens() + answer_of(req), {}
  for place, one in ipairs(req.options.models) do
    local usd = needed <= one.context and req:estimate(one.model)
    if usd then
      found[#found + 1] = { model = one.model, usd = usd, place = place }
    end
  end
  table.sort(found, function(a, b)
    return a.usd < b.usd or a.usd == b.usd and a.place < b.place
  end)
  return found
end

return function(req, next)
  local options = req.options
  if req:known() and not options.always then
    return next(req)
  end
  local cheapest = candidates(req)[1]
  if not cheapest then
    return nil, { class = "context_length_exceeded", message = "No model that may be chosen here has a price and takes so long a request." }
  elseif options.most and cheapest.usd > options.most then
    local message = ("The request may cost %.6g USD at the cheapest model, and one may cost at most %.6g USD."):format(cheapest.usd, options.most)
    return nil, { class = "bad_request", code = "too_expensive", message = message }
  end
  local balance = req.key and req.key.balance
  req:because(balance and balance < cheapest.usd and "none is covered" or ("up to %.6g USD"):format(cheapest.usd))
  req.model = cheapest.model
  return next(req)
end
