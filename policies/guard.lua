-- guard: what may not be asked, and what may not be said.
--
--   policy "policies/guard.lua" { on_error = "fail", operations = { "all" }, options = { ask = { "project falcon" }, say = { "internal only" } } }
--
-- `ask` are words that no request may hold, `say` words that no answer may: neither as they are written here nor in other letters (capital or
-- small). An answer ends where such a word would begin: the client gets what stood before it, and `refusal`; a stream is looked at as it comes
-- and never shows the beginning of one. A `judge` is a model that is asked whether a request is against the `rules`; it must answer
-- within `patience` ms, and where it does not, the request is refused (`lenient`: let through).
--
-- With operations = { "all" } it sees embeddings and completions too: nobody asks by another door. Where there are words of `say`, legacy
-- completions and stored answers are refused, whose answers it could not look at.

options {
  ask = { type = "list", of = { type = "string" }, default = {}, help = "no request may hold one of these" },
  say = { type = "list", of = { type = "string" }, default = {}, help = "no answer may hold one of these" },
  judge = { type = "string", default = "", help = "a model that judges requests; none, unless said" },
  rules = { type = "string", default = "It must not ask for help with something illegal.", help = "what the judge goes by" },
  patience = { type = "number", default = 3000, min = 1, max = 60000, help = "ms that the judge may take" },
  lenient = { type = "boolean", default = false, help = "let through what the judge did not judge in time" },
  refusal = { type = "string", default = "[removed by policy]", help = "stands where an answer was ended" },
}

local WITHOUT_WORDS = { embedding = true, moderation = true, models = true, count = true } -- operations whose answers have none

local function lowered(words)
  local out, longest = {}, 0
  for _, word in ipairs(words) do
    if word ~= "" then
      out[#out + 1] = word:lower()
      longest = math.max(longest, #word)
    end
  end
  return out, longest
end

-- Where the first of the words begins in the text; nil: none does.
local function first_of(text, words)
  local at
  for _, word in ipairs(words) do
    local from = text:find(word, 1, true)
    at = from and math.min(from, at or from) or at
  end
  return at
end

local function refuse(what)
  return nil, { class = "content_policy", message = what }
end

-- Is the request against the rules? nil: it is not known.
local function judged(options, texts)
  local verdict = llm.chat {
    model = options.judge,
    timeout = options.patience,
    temperature = 0,
    max_tokens = 3,
    messages = "Rules: " .. options.rules .. "\n\nRequest:\n" .. utf8.cut(texts, 20000) ..
      "\n\nIs the request against the rules? Say yes or no, nothing else.",
  }
  if not verdict then
    return nil
  end
  return verdict.text:lower():find("yes", 1, true) ~= nil
end

-- Bytes at the end of the text (in small letters) that may be the beginning of one of the words.
local function open(text, words, longest)
  for keep = math.min(longest - 1, #text), 1, -1 do
    local tail = text:sub(-keep)
    for _, word in ipairs(words) do
      if word:sub(1, keep) == tail then
        return keep
      end
    end
  end
  return 0
end

return function(req, next)
  local options = req.options
  local text = table.concat(req:texts(), "\n")
  if first_of(text:lower(), (lowered(options.ask))) then
    return refuse("The request holds words that may not be asked about here.")
  end
  if options.judge ~= "" and text ~= "" then
    local against = judged(options, text)
    if against or against == nil and not options.lenient then
      return refuse(against and "The request is against the rules of this gateway." or "The request could not be judged in time.")
    end
  end
  local words, longest = lowered(options.say)
  if #words == 0 or WITHOUT_WORDS[req.op] then
    return next(req)
  elseif req.op ~= "chat" then
    return nil, { class = "unsupported", message = "Answers of this kind cannot be looked at here, so they are not given: ask by a chat." }
  end
  local response, err = next(req)
  if not response then
    return nil, err
  end
  local held = {}
  return response:rewrite(function(piece, last, kind)
    local all = (held[kind] or "") .. piece
    local small = all:lower()
    local at = first_of(small, words)
    if at then
      return all:sub(1, at - 1) .. (kind == "arguments" and "" or options.refusal), "stop"
    end
    local keep = last and 0 or open(small, words, longest)
    held[kind] = all:sub(#all - keep + 1)
    return all:sub(1, #all - keep)
  end)
end
