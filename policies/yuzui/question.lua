-- yuzui.question: what kind of question is it?
--
--   question.kind(req)  -> "knowledge" | "reasoning" | "default", and by how much (0 is a toss-up)
--   question.of(text)   -> the same, of a text
--
-- A linear model in Chinese and English: words, pairs of words, marks, pairs of Chinese characters, and the size; each found in one
-- table of weights, learnt offline by learn.py, which computes the same features. It looks at the last user text only, of long ones at
-- both ends, so its cost is bounded: about ten microseconds for a short question.

local find, sub, lower, gmatch, byte = string.find, string.sub, string.lower, string.gmatch, string.byte

local EDGE = 600 -- bytes looked at, at the beginning and at the end
local STEP = 2 ^ 20

-- Both weights in one number: k * STEP + r. Sums of such numbers hold both sums.
local weights = {}
local pairs_of = {} -- the weights of pairs of words, by the first, then by the second
for name, k, r in gmatch(require "yuzui.question_weights", "([^\t\n]+)\t(%-?%d+)\t(%-?%d+)") do
  local first, second = string.match(name, "^(%S+) (%S+)$")
  if first then
    pairs_of[first] = pairs_of[first] or {}
    pairs_of[first][second] = k * STEP + r
  else
    weights[name] = k * STEP + r
  end
end

local size_names = {}
for i = 0, 40 do
  size_names[i] = "<size" .. i .. ">"
end

local markers = { "[user]", "User:", "用户：" }

-- What is asked: without a system text that was put before it; of long texts, both ends.
local function ask_of(text)
  for i = 1, 3 do
    local _, at = find(text, markers[i], 1, true)
    while at do
      text = sub(text, at + 1)
      _, at = find(text, markers[i], 1, true)
    end
  end
  text = sub(text, find(text, "%S") or 1)
  if #text > 2 * EDGE then
    text = sub(text, 1, EDGE) .. "\n" .. sub(text, -EDGE)
  end
  return text
end

local function words(text, sum)
  local single, double = weights, pairs_of -- a local is read faster than an upvalue
  local follow = double["^"]
  for word in gmatch(lower(text), "[%w_]+") do
    local weight = single[word]
    if not weight and byte(word) <= 57 then -- a number
      word = "0"
      weight = single[word]
    end
    if weight then
      sum = sum + weight
    end
    weight = follow and follow[word]
    if weight then
      sum = sum + weight
    end
    follow = double[word]
  end
  for mark in gmatch(text, "[!-/:-@%[-%^`{-~]+") do
    sum = sum + (weights[sub(mark, 1, 4)] or 0)
  end
  return sum
end

-- Chinese characters are three bytes each, the first from \228 on.
local function characters(text, sum)
  local known, part, first = weights, sub, true
  for run in gmatch(text, "[\228-\233][\128-\191\228-\233]*") do
    local n = #run - #run % 3
    if first then
      sum = sum + (known["^" .. part(run, 1, n < 6 and n or 6)] or 0)
      first = false
    end
    for i = 1, n, 3 do
      sum = sum + (known[part(run, i, i + 5 < n and i + 5 or n)] or 0)
    end
    sum = sum + (known[part(run, n > 6 and n - 5 or 1, n) .. "$"] or 0)
  end
  return sum
end

local function of(text)
  text = ask_of(text)
  local size, n = 0, #text
  while n > 8 do
    n = (n - n % 2) / 2
    size = size + 1
  end
  local sum = words(text, weights[size_names[size]] or 0)
  local at = find(text, "[\228-\233]")
  if at then
    sum = characters(sub(text, at), sum)
  end
  local r = (sum + STEP / 2) % STEP - STEP / 2
  local k = (sum - r) / STEP
  if k > r and k > 0 then
    return "knowledge", (k - (r > 0 and r or 0)) / 16
  elseif r > 0 then
    return "reasoning", (r - (k > 0 and k or 0)) / 16
  end
  return "default", -(k > r and k or r) / 16
end

return {
  of = of,
  kind = function(req)
    return of(req:question())
  end,
}
