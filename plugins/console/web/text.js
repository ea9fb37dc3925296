// The page's words in two languages.
const words = {
  now: ['Now', '现在'], requests: ['Requests', '请求'], health: ['Health', '健康'], usage: ['Usage', '用量'],
  language: ['中文', 'English'], theme: ['Theme', '主题'], in_flight: ['In flight', '进行中'], rate: ['Requests/s', '请求/秒'],
  errors_s: ['Errors/s', '错误/秒'], left_s: ['Clients left/s', '客户端离开/秒'], p50: ['First token p50', '首 token p50'], p99: ['First token p99', '首 token p99'],
  running: ['Running calls', '进行中的调用'], none_running: ['Nothing runs.', '没有进行中的调用。'], age: ['Age', '时长'], phase: ['Phase', '阶段'],
  model: ['Model', '模型'], target: ['Target', '目标'], key: ['Key', '密钥'], bytes: ['Bytes', '字节'], cancel: ['Cancel', '取消'],
  id: ['Id', '编号'], left_out: ['more are not shown', '个未显示'], by_model: ['By model', '按模型'], by_provider: ['By provider', '按供应商'], by_key: ['By key', '按密钥'],
  provider: ['Provider', '供应商'], time: ['Time', '时间'], status: ['Status', '状态'], took: ['Took', '耗时'], first: ['First token', '首 token'],
  tokens: ['Tokens in+out', 'token 输入+输出'], cost: ['Cost', '费用'], error: ['Error', '错误'], why: ['Why', '原因'], back: ['Back to the requests', '返回请求列表'],
  find: ['Find by id', '按编号查找'], look: ['Look', '查找'], not_found: ['None of the last requests has this id.', '最近的请求中没有这个编号。'],
  slow_because: ['Where the time went', '时间花在哪里'], waited_for: ['waited for', '等待'], connect: ['connecting', '连接'], wait: ['waiting', '等待'], answer: ['answering', '应答'], failed: ['failed', '失败'], stage: ['stage', '环节'],
  decided: ['What was decided', '决定'], chosen: ['chosen', '选择'], facts: ['Facts', '详情'], tree: ['Its calls', '调用树'],
  workers: ['Workers', '工作线程'], generation: ['Generation', '配置代'], uptime: ['Uptime', '运行时间'], version: ['Version', '版本'], missing: ['Workers that do not answer', '无应答的工作线程'],
  targets: ['Targets', '目标'], state: ['State', '状态'], stages: ['What the stages know', '各环节所知'], counters: ['Counters', '计数器'], counter: ['Counter', '计数器'], value: ['Value', '数值'], means: ['What it counts', '含义'],
  input: ['Input', '输入'], output: ['Output', '输出'], calls: ['Calls', '调用'], fails: ['Failed', '失败'], since: ['Since the gateway began', '自网关启动以来'],
  token: ['Admin token', '管理令牌'], sign_in: ['Sign in', '登录'], sign_out: ['Sign out', '退出'], wrong: ['The gateway does not take this token.', '网关不接受此令牌。'],
  gone: ['The gateway does not answer; trying again.', '网关无应答，正在重试。'], confirm: ['End this request? Its client gets an error.', '结束此请求？客户端会收到错误。'],
  try: ['Try it', '试用'], try_help: ['A question as a client asks it, with a key of its own. The key stays in this page\'s memory: no storage has it, and it is gone when the tab is.', '以客户端身份提问，使用客户端自己的密钥。密钥只留在本页面的内存里，不写入任何存储，关闭标签页即消失。'],
  your_key: ['Your key', '你的密钥'], dialect: ['API', 'API'], most_tokens: ['Tokens at most', 'token 上限'], system: ['System prompt', '系统提示词'], question: ['Question', '问题'], streamed: ['as a stream', '流式'], send: ['Send', '发送'], stop: ['Stop', '停止'],
  its_answer: ['Answer', '回答'], running_now: ['It answers …', '正在回答……'], stopped: ['Stopped.', '已停止。'], done: ['Done.', '完成。'], gone_off: ['The answer broke off:', '回答中断：'], route: ['Its way', '路由'], why_so: ['Its waterfall: what was decided, tried, and waited for', '瀑布图：决定、尝试与等待'],
  elsewhere: ['The same from elsewhere', '在其他程序中使用'], client_program: ['Client', '客户端程序'], base_url: ['Address of the gateway', '网关地址'], key_from: ['The key is read from the environment:', '密钥取自环境变量：'], file: ['file', '文件'], copy: ['Copy', '复制'], copied: ['Copied.', '已复制。'],
  attempts: ['Attempts', '尝试次数'], lost: ['Lost in translation', '转换中丢失'], cache: ['Cache', '缓存'], policy: ['Policy', '策略'], chain: ['Chain', '链'], balance: ['Balance', '均衡'],
  policies: ['Policies', '策略'], no_policies: ['This config has no policies.', '此配置没有策略。'], running_policies: ['As they run, in generation', '正在运行的版本，配置代'], on_error: ['When it fails', '出错时'], on_error_continue: ['goes on', '继续'], on_error_fail: ['fails', '拒绝请求'], serves: ['Is the model', '作为模型'],
  files: ['The files as they stand now', '当前文件'], files_help: ['Policies are changed where they are kept: in files beside the config, with your editor and your version control. Here they are checked and loaded:', '策略在其所在之处修改：配置旁边的文件，用你的编辑器和版本管理。此处可检查并载入：'], check: ['Check', '检查'], load: ['Load', '载入'],
  dry_run: ['Dry run', '试运行'], dry_run_help: ['What the files as they stand now would do with a request. No provider, store or host is asked; what a model would say is made up.', '当前文件会如何处理一个请求。不访问任何供应商、存储或主机；模型的回答是虚构的。'], key_name: ['Name of a key', '密钥名称'], whole_body: ['a whole request body (JSON)', '完整的请求正文（JSON）'], request_body: ['Request body', '请求正文'], run: ['Run', '运行'], made_up: ['Made up', '虚构'], asked: ['Asked', '请求的模型'], no_json: ['This is no JSON:', '不是有效的 JSON：'], gone_once: ['The gateway did not answer.', '网关未应答。'],
  chart: ['Requests and errors a second, last two minutes', '最近两分钟每秒请求与错误'], recent: ['Last requests', '最近的请求'], empty: ['Nothing yet.', '暂无。'], path: ['Path', '路径'], client: ['Client', '客户端'], filter_failed: ['Failed only', '仅失败'], all: ['All', '全部'],
}
let index = (localStorage.getItem('language') || navigator.language || 'en').startsWith('zh') ? 1 : 0
export const t = (name) => words[name]?.[index] ?? name
export const language = () => (index ? 'zh-CN' : 'en')
export function switchLanguage() { index = 1 - index; localStorage.setItem('language', language()) }
export const ms = (n) => n == null ? '' : n >= 10000 ? `${(n / 1000).toFixed(1)} s` : `${n < 10 && n % 1 ? n.toFixed(1) : Math.round(n)} ms`
export const number = (n) => n == null ? '' : Number(n).toLocaleString(language())
