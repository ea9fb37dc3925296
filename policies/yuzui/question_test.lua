local question = require "question"

local cases = {
  knowledge = {
    "解释一下什么是负载均衡", "珠穆朗玛峰有多高？", "《红楼梦》的作者是谁？", "who wrote pride and prejudice", "what is the capital of australia",
    "What is your refund policy?", "TCP和UDP有什么区别？",
  },
  reasoning = {
    "证明根号2是无理数", "用Python写一个快速排序", "小明有12个苹果，给了小红3个，又买了5个，现在有几个？",
    "Prove that there are infinitely many primes.", "Write a function to reverse a linked list in C.",
    "If 3 workers build a wall in 12 days, how many days do 4 workers need?",
  },
  default = {
    "你好", "今天心情不太好，陪我聊聊天吧", "把这句话翻译成英文：我喜欢吃苹果", "写一首关于春天的诗", "hi there, how are you", "tell me a joke",
    "Write a short poem about the sea.", "Translate this sentence into French: I like apples.",
  },
}

for kind, texts in pairs(cases) do
  for _, text in ipairs(texts) do
    test(kind .. ": " .. text, function()
      equal((question.of(text)), kind)
    end)
  end
end

-- Every chain has the same module.
test("no policy changes it for the others", function()
  local ok, why = pcall(function() question.kind = function() return "knowledge" end end)
  equal(ok, false)
  equal(why:find("is read-only", 1, true) ~= nil, true)
end)

test("an empty question is default", function()
  equal((question.of("")), "default")
end)

test("a system text before the question does not count", function()
  local plain, by = question.of("证明根号2是无理数")
  local wrapped, as_much = question.of("[system]\n请简短作答。\n[user]\n证明根号2是无理数")
  equal(wrapped, plain)
  equal(as_much, by)
end)

test("bytes that are no text do no harm", function()
  question.of(("\228\255\0\128"):rep(500))
  question.of("\233")
end)

test("long texts are looked at from both ends", function()
  local long = ("lorem ipsum dolor sit amet "):rep(2000)
  equal((question.of("Prove that there are infinitely many primes. " .. long)), (question.of("Prove that there are infinitely many primes. " .. long .. long)))
end)
