/** One style for light and dark screens and for paper. Colours are told apart without hue as well. */
export const STYLE = `
:root{--bg:#fff;--fg:#1c2430;--soft:#5b6675;--line:#dde2e8;--panel:#f6f8fa;--ref:#8a94a3;--cur:#2563c9;--pass:#17703c;--warn:#8a5a00;--fail:#b3261e;--inconclusive:#5b4b8a}
@media (prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#e6eaf0;--soft:#9aa6b5;--line:#2b333d;--panel:#1a2028;--ref:#7d8896;--cur:#6ea8ff;--pass:#5fd08a;--warn:#f0b64b;--fail:#ff8a80;--inconclusive:#b9a7f0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 16px}
h2{font-size:20px;margin:0 0 12px;display:flex;gap:10px;align-items:center;flex-wrap:wrap}
section{margin-top:36px;padding-top:24px;border-top:1px solid var(--line)}
nav ol{margin:0;padding-left:22px}nav li{margin:4px 0}
a{color:var(--cur)}p{margin:8px 0}ul{margin:8px 0;padding-left:22px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:10px;margin:12px 0}
dl>div{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:8px 12px;min-width:0}
dt{color:var(--soft);font-size:12.5px}dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.badge{display:inline-block;border:1px solid currentColor;border-radius:999px;padding:0 9px;font-size:12px;font-weight:700;line-height:1.6;white-space:nowrap;vertical-align:middle}
.badge::before{margin-right:5px}
.pass{color:var(--pass)}.pass::before{content:"✓"}.warn{color:var(--warn)}.warn::before{content:"!"}
.fail{color:var(--fail)}.fail::before{content:"✕"}.inconclusive{color:var(--inconclusive)}.inconclusive::before{content:"?"}
details{border:1px solid var(--line);border-radius:8px;margin:10px 0;padding:0 14px}
summary{cursor:pointer;padding:10px 0;font-weight:600}details[open]{padding-bottom:12px}
figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px;margin-top:4px}
svg{max-width:100%;height:auto;display:block}
svg text{fill:var(--fg);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
svg .soft{fill:var(--soft)}svg .axis{stroke:var(--line);fill:none}
svg .ref{fill:var(--ref);fill-opacity:.35;stroke:var(--ref);stroke-width:1.2}svg .cur{fill:var(--cur);fill-opacity:.45}
svg .ref-line{stroke:var(--ref);fill:none;stroke-width:1.5}svg .cur-line{stroke:var(--cur);fill:none;stroke-width:1.5}
svg .band{stroke:var(--cur);stroke-opacity:.3;stroke-width:6}svg .dot{fill:var(--cur)}svg .alarm{fill:var(--fail);stroke:var(--bg)}svg .mark{stroke:var(--cur);fill:var(--cur);stroke-width:2}svg .zero{stroke:var(--soft);stroke-dasharray:4 3}
svg .box{fill:var(--panel);stroke:var(--line)}svg .job{stroke:var(--cur)}svg .focus{stroke-width:2.5}svg .edge{stroke:var(--soft);fill:none}
@media print{.scroll{overflow:visible}table{font-size:10.5px}th,td{padding:3px 5px}td.n,th.n,th{white-space:normal}dl{grid-template-columns:repeat(4,1fr)}details::details-content{content-visibility:visible;display:block}:root{--bg:#fff;--fg:#000;--soft:#444;--line:#bbb;--panel:#fff}main{max-width:none;padding:0}section{break-inside:auto}figure,tr,dl>div{break-inside:avoid}h2{break-after:avoid}details{border:0;padding:0}nav{display:none}}
`
  .trim()
  .replace(/\n/g, '')
