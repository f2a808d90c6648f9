// A script of steps, said one a line as they hold; the first that does not ends it.
export const say = (text) => console.log(text);
export async function step(name, what) {
  try {
    const result = await what();
    say(`ok   ${name}`);
    return result;
  } catch (e) {
    say(`FAIL ${name}\n${e.stack}`);
    if (e.initFailed) say(JSON.stringify(e.initFailed, null, 1));
    throw e;
  }
}
export async function fails(call) {
  try {
    await call();
  } catch (e) {
    return e;
  }
  throw new Error("the call succeeded");
}
export const show = (value) => say(JSON.stringify(value, null, 1).replaceAll(/^/gm, "     "));
