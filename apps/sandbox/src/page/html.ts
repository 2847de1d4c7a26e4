/** The outbox page; messages are put in by its script. */
export const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbox · Verigate sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/outbox.css">
<script type="module" src="/outbox.js"></script>
</head>
<body>
<header>
  <h1>Outbox</h1>
  <p id="state" role="status">connecting</p>
</header>
<main>
  <p id="empty" hidden>No text message was sent yet. Start an authentication with method <code>sms</code>, and its PIN shows up here.</p>
  <ol id="messages" aria-live="polite"></ol>
  <noscript><p>This page needs its script. Without it: <code>/sandbox/v1/messages</code></p></noscript>
</main>
<footer>
  <p>The newest message to one number, from a terminal</p>
  <pre id="curl"></pre>
</footer>
<template id="message">
  <li>
    <output class="pin"></output>
    <div>
      <p class="to"></p>
      <p class="text"></p>
    </div>
    <time></time>
  </li>
</template>
</body>
</html>
`;
