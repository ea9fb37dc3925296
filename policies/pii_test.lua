local redact = require "yuzui.redact"
local ALL = { "email", "phone", "card", "iban", "ip", "id_cn" }

local function hidden(text)
  return redact.new(ALL):hide(text)
end

test("shapes are found", function()
  equal(hidden("mail bob.smith+x@mail.example.co.uk."), "mail <EMAIL_1>.")
  equal(hidden("card 4111 1111 1111 1111, exp 12/27"), "card <CARD_1>, exp 12/27")
  equal(hidden("call +49 (30) 1234-5678 now"), "call <PHONE_1> now")
  equal(hidden("电话13812345678。"), "电话<PHONE_1>。")
  equal(hidden("身份证11010519491231002X"), "身份证<ID_CN_1>")
  equal(hidden("IBAN DE89 3704 0044 0532 0130 00 please"), "IBAN <IBAN_1> please")
  equal(hidden("or 555-123-4567"), "or <PHONE_1>")
  equal(hidden("host 192.168.10.250 is down"), "host <IP_1> is down")
end)

test("what only looks like them stays", function()
  for _, text in ipairs {
    "order 4111111111111112", "in 1999, 2000 and 2001", "version 1.2.3.400", "a@b", "x = y@z", "1 2 3 4 5 6 7", "3.14159265358979", "2026-11-28 12:00",
    "id 110105194912310021",
  } do
    equal(hidden(text), text)
  end
end)

test("the same words are the same placeholder, and come back", function()
  local known = redact.new(ALL, { "Project Falcon" })
  local text = "a@x.io and b@x.io, again a@x.io: Project Falcon"
  equal(known:hide(text), "<EMAIL_1> and <EMAIL_2>, again <EMAIL_1>: <WORD_1>")
  equal(known:show("<EMAIL_2>, <EMAIL_1>, <EMAIL_3>, <b>, <WORD_1>"), "b@x.io, a@x.io, <EMAIL_3>, <b>, Project Falcon")
  equal(known:count(), 3)
  equal(known:kinds(), "1 word, 2 email")
end)

test("what may be the beginning of a placeholder is told", function()
  local known = redact.new(ALL)
  equal(known:open("it is <EMA"), 4)
  equal(known:open("it is <EMAIL_12"), 9)
  equal(known:open("it is <"), 1)
  equal(known:open("it is <EMAIL_1>"), 0)
  equal(known:open("a < b"), 0)
end)

local function asked(text, answer, options)
  return run("pii.lua", { model = "gpt-5.2", messages = text }, function()
    return { text = answer }
  end, { on_error = "fail", options = options })
end

test("the provider sees placeholders, the client its own words", function()
  local r = asked("write to bob@example.com", "Dear <EMAIL_1>, I shall write to <EMAIL_1>.")
  equal(r.request.messages[1].content, "write to <EMAIL_1>")
  equal(r.text, "Dear bob@example.com, I shall write to bob@example.com.")
  equal(r.reason, "1 hidden")
end)

test("what has nothing to hide goes on as it came", function()
  local r = asked("write to nobody", "as <EMAIL_1> you wish")
  equal(r.text, "as <EMAIL_1> you wish")
  equal(r.reason, "")
end)

test("without restore, and denied", function()
  equal(asked("write to bob@example.com", "to <EMAIL_1>", { restore = false }).text, "to <EMAIL_1>")
  local r = asked("write to bob@example.com", "never", { deny = true })
  equal(r.error.class, "content_policy")
  equal(r.error.message, "The request holds 1 email, which may not leave this gateway.")
  equal(#r.calls, 0)
end)

test("only the kinds that are wanted", function()
  equal(asked("bob@example.com at 10.0.0.1", "x", { kinds = { "ip" } }).request.messages[1].content, "bob@example.com at <IP_1>")
end)
