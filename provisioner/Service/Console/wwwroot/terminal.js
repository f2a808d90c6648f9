// The serial port of a VM in a terminal: xterm.js over a WebSocket of this service.
import { Terminal } from './lib/xterm.mjs';
import { FitAddon } from './lib/addon-fit.mjs';

// The page's policy allows styles of scripts by the number of the page only, and no style attributes. xterm.js writes style elements for
// its colours and measures, and style attributes for colours beyond the palette.
const nonce = document.getElementById('console-style').nonce;
const createElement = document.createElement.bind(document);
document.createElement = (name, options) => {
  const element = createElement(name, options);
  if (name === 'style') element.nonce = nonce;
  return element;
};
const setAttribute = HTMLSpanElement.prototype.setAttribute;
HTMLSpanElement.prototype.setAttribute = function (name, value) {
  if (name === 'style') this.style.cssText = value;
  else setAttribute.call(this, name, value);
};

async function addStyle() {
  if (document.getElementById('terminal-style')) return;
  const link = createElement('link');
  link.id = 'terminal-style';
  link.rel = 'stylesheet';
  link.href = new URL('./lib/xterm.css', import.meta.url).href;
  const loaded = new Promise(resolve => { link.onload = link.onerror = resolve; });
  document.head.append(link);
  await loaded;
}

export async function open(box, url, leave) {
  await addStyle();
  const terminal = new Terminal({ cursorBlink: false, fontSize: 14, scrollback: 5000, theme: { background: '#101418', foreground: '#e8eaed' } });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(box);
  fit.fit();
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(box);
  // The terminal takes every key, Tab too: this one leaves it.
  terminal.attachCustomKeyEventHandler(event => {
    if (event.type === 'keydown' && event.ctrlKey && event.altKey && event.key.toLowerCase() === 'x') {
      leave.focus();
      return false;
    }
    return true;
  });
  const socket = new WebSocket(new URL(url, document.baseURI.replace(/^http/, 'ws')));
  socket.binaryType = 'arraybuffer';
  const encoder = new TextEncoder();
  socket.onopen = () => terminal.focus();
  socket.onmessage = event => terminal.write(new Uint8Array(event.data));
  socket.onclose = event => terminal.write(`\r\n\x1b[7m the console is closed${event.reason ? `: ${event.reason}` : ''} \x1b[0m\r\n`);
  const send = data => { if (socket.readyState === WebSocket.OPEN) socket.send(data); };
  terminal.onData(text => send(encoder.encode(text)));
  terminal.onBinary(text => send(Uint8Array.from(text, c => c.charCodeAt(0))));
  return {
    close() {
      observer.disconnect();
      socket.close();
      terminal.dispose();
    },
  };
}
