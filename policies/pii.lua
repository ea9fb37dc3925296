-- pii: what names a person does not leave the house: it is replaced on the way out, and put back in the answer.
--
--   policy "policies/pii.lua" { on_error = "fail", operations = { "all" }, options = { kinds = { "email", "phone", "card" } } }
--
-- "Write to bob@example.com" goes out as "Write to <EMAIL_1>"; what the model says of <EMAIL_1> comes back as bob@example.com, in streams too,
-- wherever their pieces end, and in the arguments of tools. The same words are the same placeholder, in all of a conversation: they are
-- numbered anew in each request, in the order in which they stand there. `deny` refuses a request with such words instead.
--
-- It knows shapes, not people: addresses of mail, telephone, card (with a right check digit) and account numbers (IBAN), addresses of
-- computers, Chinese identity numbers, and `words` of the operator's own. Names of persons have no shape.

local redact = require "yuzui.redact"

options {
  kinds = {
    type = "list",
    of = { choices = { "email", "phone", "card", "iban", "ip", "id_cn" } },
    default = { "email", "phone", "card", "iban", "ip", "id_cn" },
    help = "what is looked for",
  },
  words = { type = "list", of = { type = "string" }, default = {}, help = "words that are replaced as well, as they stand" },
  restore = { type = "boolean", default = true, help = "put the words back in the answer" },
  deny = { type = "boolean", default = false, help = "refuse a request that holds such words" },
}

return function(req, next)
  local options = req.options
  local known = redact.new(options.kinds, options.words)
  local texts = req:texts()
  for i, text in ipairs(texts) do
    texts[i] = known:hide(text)
  end
  local found = known:count()
  if found == 0 then
    return next(req)
  end
  if options.deny then
    return nil, { class = "content_policy", message = "The request holds " .. known:kinds() .. ", which may not leave this gateway." }
  end
  req:because(found .. " hidden")
  req:set_texts(texts)
  if not options.restore or req.op ~= "chat" then
    return next(req)
  end
  local response, err = next(req)
  if not response then
    return nil, err
  end
  local held = {} -- what may be the beginning of a placeholder, for each kind of piece
  return response:rewrite(function(piece, last, kind)
    local text = (held[kind] or "") .. piece
    local keep = last and 0 or known:open(text)
    held[kind] = text:sub(#text - keep + 1)
    return (known:show(text:sub(1, #text - keep)))
  end)
end
