-- canary: a part of those who ask gets another model, and keeps it: a canary, or an A/B test of several.
--
--   policy "policies/canary.lua" { options = { variants = { new = { model = "gpt-5.2", share = 5 } } } }
--
-- Who gets what is decided by a hash of who asks (`by`: the key, its tenant, a header or the conversation), so it needs no store, is the same
-- on every gateway, and stays as long as the shares do. Raising a share moves new ones over and takes nobody back. `salt` begins anew.
-- What of a hundred no variant takes goes on as it came. The stages below find the variant in req.passed.variant.

options {
  variants = {
    type = "map",
    of = {
      type = "table",
      fields = {
        model = { type = "model", required = true, help = "what this variant gets" },
        share = { type = "number", required = true, min = 0, max = 100, help = "of a hundred" },
      },
    },
    required = true,
    help = "what is tried, as in { new = { model = \"gpt-5.2\", share = 5 } }",
  },
  model = { type = "string", default = "", help = "only requests for this model take part; all, unless said" },
  by = { choices = { "key", "tenant", "conversation", "header" }, default = "key", help = "what is the same gets the same" },
  header = { type = "string", default = "x-user-id", help = "the header, with by = \"header\"" },
  salt = { type = "string", default = "", help = "another word is another drawing of lots" },
}

local LOOKED_AT = 4096 -- bytes of a text

-- The lower 32 bits of a product; b is positive.
local function times(a, b)
  return bit.tobit(bit.band(a, 0xFFFF) * b + bit.lshift(bit.rshift(a, 16) * (b % 65536), 16))
end

-- 0 up to 1 from a text, the same everywhere: FNV-1a, and the end of MurmurHash3, which spreads it.
local function drawn(text)
  local h = 2166136261
  for i = 1, math.min(#text, LOOKED_AT) do
    h = times(bit.bxor(h, text:byte(i)), 16777619)
  end
  h = times(bit.bxor(h, bit.rshift(h, 16)), 0x85EBCA6B)
  h = times(bit.bxor(h, bit.rshift(h, 13)), 0xC2B2AE35)
  return bit.bxor(h, bit.rshift(h, 16)) % 4294967296 / 4294967296
end

-- Who asks: nil when it cannot be told.
local function who(req)
  local by = req.options.by
  if by == "header" then
    return req.headers[req.options.header]
  elseif by == "conversation" then
    return req:texts()[1] -- how a conversation begins stays while it grows
  end
  return req.key and req.key[by == "tenant" and "tenant" or "name"]
end

return function(req, next)
  local options = req.options
  local one = who(req)
  if not one or (options.model ~= "" and req.model ~= options.model) then
    return next(req)
  end
  local names = {}
  for name in pairs(options.variants) do
    names[#names + 1] = name
  end
  table.sort(names)
  local lot, sum = drawn(options.salt .. "\n" .. one) * 100, 0
  for _, name in ipairs(names) do
    local variant = options.variants[name]
    sum = sum + variant.share
    if lot < sum then
      req.model = variant.model
      req:pass("variant", name)
      req:because("variant " .. name)
      return next(req)
    end
  end
  return next(req)
end
