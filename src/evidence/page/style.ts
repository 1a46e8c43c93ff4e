/** The page's only style: system fonts, light and dark, and for paper. */
export const style = `
:root{color-scheme:light dark;--ink:#1a1f26;--soft:#59636f;--line:#d5dae0;--ground:#fff;--panel:#f5f7f9;--ok:#1c7c4a;--warn:#9a5b00;--bad:#b3261e;--bar:#3f6fb5;--known:#c9ab5a;--link:#0b57a4}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a3adb8;--line:#39424c;--ground:#14181d;--panel:#1d232a;--ok:#6cc797;--warn:#e5b567;--bad:#f08a80;--bar:#7ba5e3;--known:#b59a4c;--link:#8ab8f0}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 4rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.5rem 0 .25rem;border-top:2px solid var(--line);padding-top:1rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.4rem 0;max-width:48rem}a{color:var(--link)}
.serves,.soft,caption{color:var(--soft);font-size:.9rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.75rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;font-size:.88rem}caption{text-align:left;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}
code{font:.85em ui-monospace,monospace}
.mark{display:inline-block;border:1px solid currentColor;border-radius:3px;padding:0 .35em;font-size:.8rem;margin-right:.25em}
.bad{color:var(--bad)}.warn{color:var(--warn)}.ok{color:var(--ok)}.none,.open{color:var(--soft)}
blockquote{margin:.25rem 0;padding-left:.75rem;border-left:3px solid var(--line);white-space:pre-wrap}
.gaps{background:var(--panel);border-left:4px solid var(--warn);padding:.75rem 1rem}.gaps li{margin:.2rem 0}
svg{width:100%;height:auto;margin:.75rem 0;font:12px system-ui,sans-serif}svg text{fill:var(--ink)}svg .soft{fill:var(--soft)}
.bar{fill:var(--bar)}.past{fill:none;stroke:var(--bar);stroke-dasharray:4 3}.seen{fill:var(--ok)}.blind{fill:var(--warn);opacity:.35}.learned{stroke:var(--known);stroke-width:2}.axis{stroke:var(--line)}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#999;--ground:#fff;--panel:#fff;--link:#000}body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}tr,svg,.gaps{break-inside:avoid}thead{display:table-header-group}a{text-decoration:none}}
`;
