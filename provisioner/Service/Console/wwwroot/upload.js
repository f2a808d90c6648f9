// Sends a chosen file in parts. A part that fails is sent again from where the service says that it arrived.
const partSize = 4 << 20, mostTries = 5;
const stops = new WeakMap();

export function picked(input) {
  const file = input.files[0];
  return file ? { name: file.name, bytes: file.size } : null;
}

export function stop(input) {
  stops.get(input)?.abort();
}

export async function send(input, url, page) {
  const file = input.files[0], end = new AbortController();
  stops.set(input, end);
  let sent = 0, tries = 0;
  while (sent < file.size) {
    try {
      const answer = await fetch(url, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/octet-stream', 'Upload-Offset': String(sent) },
        body: file.slice(sent, sent + partSize),
        signal: end.signal,
      });
      if (answer.ok) {
        sent = (await answer.json()).received;
        tries = 0;
        await page.invokeMethodAsync('Sent', sent);
        continue;
      }
      const problem = await answer.json().catch(() => ({}));
      if (answer.status !== 409 && answer.status < 500 || answer.status === 507) return problem.detail ?? `status ${answer.status}`;
      if (++tries > mostTries) return problem.detail ?? `status ${answer.status}`;
    } catch (error) {
      if (end.signal.aborted) return 'it was stopped';
      if (++tries > mostTries) return error.message;
    }
    await new Promise(resolve => setTimeout(resolve, 300 << tries));
    sent = await page.invokeMethodAsync('ReceivedAsync');
  }
  return null;
}
