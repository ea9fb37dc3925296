// The console: a frame with its pages. Where one is stands behind the '#', so that it can be kept and sent.
import htm from 'htm'
import { h, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { json, setToken, signedIn, who } from './api.js'
import { Cost } from './cost.js'
import { Health } from './health.js'
import { Keys } from './keys.js'
import { Now } from './now.js'
import { answerOfProvider, finish, Login } from './signon.js'
import { t, language, switchLanguage } from './text.js'
import { Policies } from './policies.js'
import { Try } from './try.js'
import { Usage } from './usage.js'
import { Requests } from './why.js'

const html = htm.bind(h)
const pages = { now: Now, requests: Requests, health: Health, keys: Keys, cost: Cost, usage: Usage, policies: Policies, try: Try }
const place = () => { const [page, ...rest] = location.hash.replace(/^#\/?/, '').split('/'); return { page: page in pages ? page : 'now', rest: decodeURIComponent(rest.join('/')) } }

const answer = answerOfProvider()

function App() {
  const [at, setAt] = useState(place())
  const [, redraw] = useState(0)
  const [theme, setTheme] = useState(localStorage.getItem('theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'))
  const [refused, setRefused] = useState(false), [returning, setReturning] = useState(answer !== ''), [failed, setFailed] = useState(null)
  useEffect(() => { const move = () => setAt(place()); addEventListener('hashchange', move); return () => removeEventListener('hashchange', move) }, [])
  document.documentElement.dataset.theme = theme // before the page below reads its colours
  useEffect(() => localStorage.setItem('theme', theme), [theme])
  useEffect(() => { document.documentElement.lang = language() })
  useEffect(() => { const leave = () => setRefused(true); addEventListener('refused', leave); return () => removeEventListener('refused', leave) }, [])
  useEffect(() => {
    if (!returning) json('/status').catch(() => { /* 401: refused, as said; else the pages say it */ })
    else finish(answer).catch((error) => { setFailed(error), setRefused(true) }).finally(() => setReturning(false))
  }, [])
  if (returning) return html`<main><h1>yuzui</h1><p role="status">${t('signing_in')}</p></main>`
  if (refused) return html`<${Login} failed=${failed} done=${() => { setFailed(null), setRefused(false) }} />`
  const Page = pages[at.page]
  return html`<header><strong>yuzui</strong>
    <nav aria-label="yuzui">${Object.keys(pages).map((name) => html`<a href="#/${name}" aria-current=${at.page === name ? 'page' : undefined}>${t(name)}</a>`)}</nav>
    <button lang=${language() === 'en' ? 'zh-CN' : 'en'} onClick=${() => { switchLanguage(); redraw((n) => n + 1) }}>${t('language')}</button>
    <button aria-pressed=${theme === 'dark'} onClick=${() => setTheme(theme === 'dark' ? 'light' : 'dark')}>${t('theme')}</button>
    ${who() && html`<span class="dim">${who().name} (${who().role})</span>`}
    ${signedIn() && html`<button onClick=${() => { setToken(''); setRefused(true) }}>${t('sign_out')}</button>`}
    </header><main><h1>${t(at.page)}</h1><${Page} rest=${at.rest} key=${at.page} theme=${theme} onRefused=${() => setRefused(true)} /></main>`
}

document.body.textContent = ''
render(html`<${App} />`, document.body)
