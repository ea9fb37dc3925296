-- yuzui.redact: words that name a person, and placeholders in their place.
--
--   local known = redact.new({ "email", "phone" }, { "Project Falcon" })
--   known:hide("write to bob@example.com")  -> "write to <EMAIL_1>"
--   known:show("<EMAIL_1> it is")           -> "bob@example.com it is"
--   known:open("it is <EMA")                -> 4: bytes at the end that may be the beginning of a placeholder
--   known:count(), known:kinds()            -> how many there are, and "1 email, 2 phone"

local LONGEST = 24 -- bytes of a placeholder

-- The check digit of card numbers.
local function luhn(digits)
  local sum, double = 0, false
  for i = #digits, 1, -1 do
    local n = digits:byte(i) - 48
    if double then
      n = n * 2 > 9 and n * 2 - 9 or n * 2
    end
    sum, double = sum + n, not double
  end
  return sum % 10 == 0
end

-- The check digits of account numbers: the letters are 10 to 35, the whole is 1 modulo 97.
local function iban(text)
  local plain = text:gsub("%s", "")
  if #plain < 15 or #plain > 34 then
    return false
  end
  local rest = 0
  for char in (plain:sub(5) .. plain:sub(1, 4)):gmatch(".") do
    local n = tonumber(char, 36)
    if not n then
      return false
    end
    rest = (rest * (n > 9 and 100 or 10) + n) % 97
  end
  return rest == 1
end

local WEIGHTS = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 }
local function id_cn(text)
  local sum = 0
  for i, weight in ipairs(WEIGHTS) do
    sum = sum + weight * (text:byte(i) - 48)
  end
  return ("10X98765432"):sub(sum % 11 + 1, sum % 11 + 1) == text:sub(18):upper()
end

local function ip(text)
  for part in text:gmatch("%d+") do
    if #part > 3 or tonumber(part) > 255 then
      return false
    end
  end
  return true
end

local function phone(text)
  local digits = text:gsub("%D", "")
  if #digits < 9 or #digits > 15 then
    return false
  end
  local plain = #text == 11 and digits == text and text:find("^1[3-9]") -- a mobile phone in China
  return plain or text:find("^[+(0]") or text:find("^%d%d%d[%s-]%d%d%d[%s-]%d%d%d%d$")
end

-- In the order in which they are looked for: the longer shape first. A shape may not begin or end inside of a word or number.
local SHAPES = {
  { kind = "email", patterns = { "[%w._%%+-]+@[%w-]+%.[%w.-]*%a" } },
  { kind = "iban", patterns = { "%u%u%d%d[%u%d ]+[%u%d]" }, check = iban },
  { kind = "id_cn", patterns = { "%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d[%dXx]" }, check = id_cn },
  {
    kind = "card",
    patterns = { "%d[%d -]*%d" },
    check = function(text)
      local digits = text:gsub("%D", "")
      return #digits >= 13 and #digits <= 19 and luhn(digits)
    end,
  },
  { kind = "ip", patterns = { "%d+%.%d+%.%d+%.%d+" }, check = ip },
  { kind = "phone", patterns = { "%+?%(?%d[%d%s()-]*%d" }, check = phone },
}

local methods = {}
local meta = { __index = methods }

-- The placeholder of these words.
local function placeholder(self, kind, words)
  local key = kind .. "\n" .. words
  local name = self.names[key]
  if not name then
    self.counts[kind] = (self.counts[kind] or 0) + 1
    self.n = self.n + 1
    name = ("<%s_%d>"):format(kind:upper(), self.counts[kind])
    self.names[key], self.words[name] = name, words
  end
  return name
end

-- The text with each match of the pattern that passes the check replaced.
local function replace(self, text, kind, pattern, check)
  local out, at = {}, 1
  while true do
    local from, to = text:find(pattern, at)
    if not from then
      break
    end
    local words = text:sub(from, to)
    local before, after = text:sub(from - 1, from - 1), text:sub(to + 1, to + 1)
    if from > 1 and before:find("[%w_]") or after:find("[%w_]") or check and not check(words) then
      out[#out + 1] = text:sub(at, to)
    else
      out[#out + 1] = text:sub(at, from - 1)
      out[#out + 1] = placeholder(self, kind, words)
    end
    at = to + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

local function plain(text)
  return (text:gsub("%W", "%%%0"))
end

function methods.hide(self, text)
  for _, word in ipairs(self.own) do
    if word ~= "" and text:find(word, 1, true) then
      local name = placeholder(self, "word", word)
      text = text:gsub(plain(word), (name:gsub("%%", "%%%%")))
    end
  end
  for _, shape in ipairs(SHAPES) do
    if self.wanted[shape.kind] then
      for _, pattern in ipairs(shape.patterns) do
        text = replace(self, text, shape.kind, pattern, shape.check)
      end
    end
  end
  return text
end

function methods.show(self, text)
  return (text:gsub("<%u[%u_]*_%d+>", self.words))
end

function methods.open(_, text)
  local tail = text:sub(-LONGEST)
  local at = tail:find("<[%u_%d]*$")
  return at and #tail - at + 1 or 0
end

function methods.count(self)
  return self.n
end

function methods.kinds(self)
  local names = {}
  for kind, n in pairs(self.counts) do
    names[#names + 1] = n .. " " .. kind
  end
  table.sort(names)
  return table.concat(names, ", ")
end

return {
  new = function(kinds, words)
    local wanted = {}
    for _, kind in ipairs(kinds) do
      wanted[kind] = true
    end
    return setmetatable({ wanted = wanted, own = words or {}, names = {}, words = {}, counts = {}, n = 0 }, meta)
  end,
}
