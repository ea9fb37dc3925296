// The page of a key's owner: what his account has, what his key used, why a request cost what it did, and codes. The key stays in this page's
// memory, and goes along as a header to the paths that are his.
import htm from 'htm'
import { h, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Refused } from './api.js'
import { Rows, Trouble, usd, useAsked, Value, when } from './ledger.js'
import { language, number, switchLanguage, t } from './text.js'

const html = htm.bind(h)
const DAY = 86400000, day = (ms) => new Date(ms).toISOString().slice(0, 10)

function asker(key) {
  return async (path, body) => {
    const answer = await fetch('/v1/' + path, { method: body ? 'POST' : 'GET', cache: 'no-store', headers: { authorization: 'Bearer ' + key, ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) })
    const said = await answer.json()
    if (answer.status === 401) throw new Refused()
    if (said.error) throw new Error(said.error.message)
    return said
  }
}

function Login({ done }) {
  const [why, setWhy] = useState(''), [busy, setBusy] = useState(false)
  const submit = async (event) => {
    event.preventDefault()
    const key = new FormData(event.target).get('key').trim()
    setBusy(true), setWhy('')
    try { await asker(key)('balance'); done(key) } catch (error) { setWhy(error instanceof Refused ? t('wrong_key') : error.message), setBusy(false) }
  }
  return html`<h1>${t('account_page')}</h1><p class="dim">${t('account_help')}</p><form onSubmit=${submit}><p><label for="key">${t('your_key')}</label></p>
    <p><input id="key" name="key" type="password" autocomplete="off" required autofocus /> <button disabled=${busy}>${t('sign_in')}</button></p><${Trouble} why=${why} /></form>`
}

function Usage({ ask, onRefused }) {
  const [asked, setAsked] = useState(() => ({ from: day(Date.now() - 29 * DAY), until: day(Date.now()), by: 'day' })), good = asked.from && asked.until && asked.from <= asked.until
  const [found, why] = useAsked(async () => good ? { by: asked.by, ...(await ask(`usage?by=${asked.by}&from=${asked.from}&until=${day(Date.parse(asked.until) + DAY)}`)) } : null, Object.values(asked), onRefused)
  const field = (name) => ({ id: name, value: asked[name], onInput: (e) => setAsked((a) => ({ ...a, [name]: e.target.value })) })
  const heads = (found?.by || '').split(',').map((word) => [`b_${word}`, (r) => word === 'day' ? r.time.slice(0, 10) : r[word] || '–'])
  return html`<h2>${t('usage')}</h2><div class="fields"><label>${t('from')} <input type="date" ...${field('from')} required /></label><label>${t('until_day')} <input type="date" ...${field('until')} required /></label>
    <label>${t('kept_apart')} <select ...${field('by')}>${['day', 'model', 'day,model'].map((by) => html`<option value=${by}>${by.split(',').map((w) => t('b_' + w)).join(' · ')}</option>`)}</select></label></div><${Trouble} why=${good ? why : t('bad_range')} />
    ${good && found && html`<${Rows} title=${t('usage')} id="usage" rows=${found.usage} columns=${[...heads, ['calls', (r) => number(r.requests), true], ['input', (r) => number(r.input), true], ['output', (r) => number(r.output), true], ['charged', (r) => usd(r.charged), true]]} />`}`
}

function Why({ ask, onRefused }) {
  const [found, setFound] = useState(null), [why, setWhy] = useState('')
  const submit = async (event) => {
    event.preventDefault()
    setFound(null), setWhy('')
    try { setFound(await ask(`usage/${encodeURIComponent(new FormData(event.target).get('id').trim())}`)) } catch (error) { error instanceof Refused ? onRefused() : setWhy(error.message) }
  }
  return html`<h2>${t('proof')}</h2><form onSubmit=${submit}><label>${t('find')} (x-request-id) <input name="id" id="request" required autocomplete="off" /></label> <button>${t('look')}</button></form><${Trouble} why=${why} />
    <div aria-live="polite">${found?.charges.map((c) => html`<section class="card proof"><p><strong>${usd(c.charged)}</strong> · ${c.model} · ${when(c.time)}</p><${Value} of=${c} /></section>`)}</div>`
}

function Redeem({ ask, look, onRefused }) {
  const [said, setSaid] = useState(''), [why, setWhy] = useState('')
  const submit = async (event) => {
    event.preventDefault()
    const form = event.target
    setSaid(''), setWhy('')
    try { const got = await ask('redeem', { code: new FormData(form).get('code').trim() }); setSaid(`${usd(got.usd)} ${t(got.before ? 'redeemed_before' : 'redeemed')}`), form.reset(), look() } catch (error) { error instanceof Refused ? onRefused() : setWhy(error.message) }
  }
  return html`<h2>${t('redeem')}</h2><form onSubmit=${submit}><label>${t('code')} <input name="code" id="code" required autocomplete="off" spellcheck="false" /></label> <button>${t('do_redeem')}</button> <span role="status" id="redeemed">${said}</span></form><${Trouble} why=${why} />`
}

function Mine({ ask, onRefused }) {
  const [balance, why, look] = useAsked(() => ask('balance'), [], onRefused)
  return html`<h1>${t('account_page')}</h1><${Trouble} why=${why} />${balance && html`<div class="cards" id="balance">${['available', 'held', 'charged'].map((name) => html`<div class="card"><span class="dim">${t(name)}</span><b>${usd(balance[name])}</b></div>`)}</div>`}
    <${Redeem} ask=${ask} look=${look} onRefused=${onRefused} /><${Usage} ask=${ask} onRefused=${onRefused} /><${Why} ask=${ask} onRefused=${onRefused} />`
}

function Page() {
  const [key, setKey] = useState(''), [, redraw] = useState(0), [theme, setTheme] = useState(localStorage.getItem('theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'))
  document.documentElement.dataset.theme = theme
  useEffect(() => { document.documentElement.lang = language() })
  return html`<header><strong>yuzui</strong><span class="grow"></span><button lang=${language() === 'en' ? 'zh-CN' : 'en'} onClick=${() => { switchLanguage(); redraw((n) => n + 1) }}>${t('language')}</button>
    <button aria-pressed=${theme === 'dark'} onClick=${() => { const next = theme === 'dark' ? 'light' : 'dark'; localStorage.setItem('theme', next), setTheme(next) }}>${t('theme')}</button>${key && html`<button onClick=${() => setKey('')}>${t('sign_out')}</button>`}</header>
    <main>${key ? html`<${Mine} ask=${asker(key)} onRefused=${() => setKey('')} />` : html`<${Login} done=${setKey} />`}</main>`
}

document.body.textContent = ''
render(html`<${Page} />`, document.body)
