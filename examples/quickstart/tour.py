from openai import OpenAI  # the official SDK, unmodified

client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="sk-yz-demo")
for question in ["什么是负载均衡？", "Prove that the square root of 2 is irrational.", "Hi, how are you today?"]:
    answer = client.chat.completions.with_raw_response.create(model="auto", messages=[{"role": "user", "content": question}])
    print(answer.headers["x-yuzui-model"], answer.headers["x-yuzui-cache"], "|", answer.parse().choices[0].message.content[:60])
