// What the page asks the gateway. The token, or the badge of whoever has signed in, lives in this tab alone and goes along as a header.
let token = sessionStorage.getItem('token') || ''
export const signedIn = () => token !== ''
export function setToken(value) { token = value; value ? sessionStorage.setItem('token', value) : sessionStorage.removeItem('token'); sessionStorage.removeItem('who') }
// Whose badge it is: {name, role, until}; null: a token, or none.
export const who = () => JSON.parse(sessionStorage.getItem('who'))
export const setWho = (one) => sessionStorage.setItem('who', JSON.stringify(one))

// In `authorization`, or in another header where that has something else.
export const adminHeaders = (name) => (token ? { [name]: name === 'authorization' ? `Bearer ${token}` : token } : {})

export class Refused extends Error {}

export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { ...options.headers, ...adminHeaders('authorization') }, cache: 'no-store' })
  if (answer.status === 401) { // a 403 is for who is known and may not
    dispatchEvent(new Event('refused')) // whatever page it is, it gives way to the login, and its place stays in the address
    throw new Refused()
  }
  return answer
}
export const json = async (path) => (await ask(path)).json()

// The data of server-sent events, one text each.
export async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    for (let end; (end = /\r?\n\r?\n/.exec(text)); text = text.slice(end.index + end[0].length)) {
      const data = text.slice(0, end.index).split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(line[5] === ' ' ? 6 : 5))
      if (data.length) yield data.join('\n')
    }
  }
}

// Events of /live until `stop` is aborted; after a failure it begins anew.
export async function live(on, onState, stop) {
  while (!stop.aborted) {
    try {
      const answer = await ask('/live', { signal: stop })
      onState(true)
      for await (const event of events(answer)) on(JSON.parse(event))
    } catch (error) {
      if (stop.aborted) return
      onState(false, error instanceof Refused)
    }
    await new Promise((go) => setTimeout(go, 1000))
  }
}

// The text that Prometheus reads, as [{name, labels, value}].
export async function metrics() {
  const samples = []
  for (const line of (await (await ask('/metrics')).text()).split('\n')) {
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (!found) continue
    const labels = {}
    for (const [, name, value] of (found[2] || '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value.replace(/\\(.)/g, (_, c) => c === 'n' ? '\n' : c)
    samples.push({ name: found[1], labels, value: Number(found[3]) })
  }
  return samples
}

// Sums by one label: {value: {field: sum}}
export function sums(samples, label, fields) {
  const out = {}
  for (const { name, labels, value } of samples)
    for (const [field, [wanted, when]] of Object.entries(fields)) {
      if (name !== wanted || !(label in labels) || (when && !when(labels))) continue
      const row = (out[labels[label]] ||= {})
      row[field] = (row[field] || 0) + value
    }
  return out
}

// A quantile of a histogram by one label, over what came between two readings: {value: seconds}
export function quantiles(now, before, name, label, q) {
  const at = (samples) => {
    const out = {}
    for (const s of samples) if (s.name === name + '_bucket') ((out[s.labels[label] ?? ''] ||= {})[s.labels.le] = (out[s.labels[label] ?? ''][s.labels.le] || 0) + s.value)
    return out
  }
  const a = at(before), b = at(now), out = {}
  for (const [value, buckets] of Object.entries(b)) {
    const bounds = Object.keys(buckets).map((le) => [le === '+Inf' ? Infinity : Number(le), buckets[le] - (a[value]?.[le] || 0)]).sort((x, y) => x[0] - y[0])
    const total = bounds.at(-1)[1]
    let below = 0, low = 0
    for (const [bound, n] of bounds) {
      if (total > 0 && n >= q * total) { out[value] = bound === Infinity ? low : low + (bound - low) * (q * total - below) / (n - below); break }
      below = n, low = bound
    }
  }
  return out
}
