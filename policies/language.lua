-- language: the model by the language of the question.
--
--   policy "policies/language.lua" { default = "gpt-5.2", options = { models = { zh = "kimi-k2.5", ja = "gpt-5.2" } } }
--
-- Told by its script, from the last text of the user: zh ja ko ru (any Cyrillic) ar he el th hi, and `latin` for what is written in Latin
-- letters. A language that is not listed goes on as it came. As in by-question, a client that names a configured model keeps it, unless
-- `always` says otherwise.

options {
  models = { type = "map", of = { type = "model" }, required = true, help = "language = model, as in { zh = \"kimi-k2.5\" }" },
  always = { type = "boolean", default = false, help = "route also what names a model that is configured" },
}

local LOOKED_AT = 2000 -- characters

-- First and last character of each script, in order.
local SCRIPTS = {
  { 0x41, 0x5A, "latin" }, { 0x61, 0x7A, "latin" }, { 0xC0, 0x24F, "latin" }, { 0x370, 0x3FF, "el" }, { 0x400, 0x52F, "ru" },
  { 0x590, 0x5FF, "he" }, { 0x600, 0x6FF, "ar" }, { 0x900, 0x97F, "hi" }, { 0xE00, 0xE7F, "th" }, { 0x1100, 0x11FF, "ko" },
  { 0x1E00, 0x1EFF, "latin" }, { 0x3040, 0x30FF, "kana" }, { 0x3400, 0x4DBF, "zh" }, { 0x4E00, 0x9FFF, "zh" }, { 0xAC00, 0xD7AF, "ko" },
}

local function script(code)
  for _, range in ipairs(SCRIPTS) do
    if code <= range[2] then
      return code >= range[1] and range[3] or nil
    end
  end
end

-- A character of the others says as much as a word of Latin letters, of which there are about five.
local function language(text)
  local n = {}
  for _, code in utf8.codes(utf8.sub(text, 1, LOOKED_AT)) do
    local name = script(code)
    if name then
      n[name] = (n[name] or 0) + (name == "latin" and 0.2 or 1)
    end
  end
  if n.kana and n.kana > 0.1 * (n.zh or 0) then -- Japanese is written with Chinese characters too
    n.ja = n.kana + (n.zh or 0)
    n.zh = nil
  end
  n.kana = nil
  local best
  for name, count in pairs(n) do
    if not best or count > n[best] or (count == n[best] and name < best) then
      best = name
    end
  end
  return best
end

return function(req, next)
  if req:known() and not req.options.always then
    return next(req)
  end
  local found = language(req:question())
  local model = found and req.options.models[found]
  if model then
    req.model = model
    req:because(found)
  end
  return next(req)
end
