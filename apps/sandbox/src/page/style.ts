/** The outbox page's style, light or dark as the reader's system is. */
export const style = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f5f1, #15171a);
  --card: light-dark(#ffffff, #1e2125);
  --line: light-dark(#dfdcd3, #31363c);
  --ink: light-dark(#1d1f21, #eceae5);
  --quiet: light-dark(#66635b, #9a9ea4);
  --accent: light-dark(#0b6b50, #62d2a8);
}
* { box-sizing: border-box; }
[hidden] { display: none; }
body {
  margin: 0 auto;
  max-width: 46rem;
  min-height: 100vh;
  padding: 2.5rem 1.25rem;
  display: flex;
  flex-direction: column;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
header { display: flex; align-items: baseline; justify-content: space-between; margin-bottom: 1.5rem; }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.01em; }
p { margin: 0; }
main { flex: 1; }
#state { color: var(--quiet); font-size: 0.875rem; }
#state::before { content: "●"; margin-right: 0.4em; }
#state.live { color: var(--accent); }
#empty, noscript p { padding: 3rem 1.5rem; border: 1px dashed var(--line); border-radius: 0.75rem; color: var(--quiet); text-align: center; }
ol { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.75rem; }
li {
  display: grid;
  grid-template-columns: auto 1fr auto;
  gap: 0.25rem 1.5rem;
  align-items: center;
  padding: 1rem 1.25rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
}
li:first-child { border-color: var(--accent); }
li > div { min-width: 0; }
.pin { font: 600 2rem/1.2 ui-monospace, monospace; letter-spacing: 0.08em; user-select: all; }
li:first-child .pin { color: var(--accent); }
.to { font-weight: 600; font-variant-numeric: tabular-nums; }
.text { color: var(--quiet); font-size: 0.875rem; overflow-wrap: anywhere; }
time { color: var(--quiet); font-size: 0.875rem; font-variant-numeric: tabular-nums; }
footer { margin-top: 2rem; color: var(--quiet); font-size: 0.875rem; }
pre { margin: 0.5rem 0 0; padding: 0.75rem 1rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; font: 0.8125rem/1.5 ui-monospace, monospace; user-select: all; }
@media (max-width: 34rem) { li { grid-template-columns: 1fr auto; } li > div { grid-column: 1 / -1; grid-row: 2; } }
`;
