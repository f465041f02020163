/** Work for each frame: what comes in between is done in one go, so that a flood of events draws once a frame. */
const HIDDEN_MS = 250;

/** `done` gets everything given since it was called last: with the next frame, or soon where no frames are drawn. */
export function perFrame<T>(done: (all: T[]) => void, frame = nextFrame): (one: T) => void {
  let waiting: T[] = [];
  return (one) => {
    waiting.push(one);
    if (waiting.length > 1) return;
    frame(() => {
      const all = waiting;
      waiting = [];
      done(all);
    });
  };
}

function nextFrame(call: () => void): void {
  if (document.hidden) setTimeout(call, HIDDEN_MS);
  else {
    let called = false;
    const once = () => {
      if (!called) call();
      called = true;
    };
    requestAnimationFrame(once);
    setTimeout(once, HIDDEN_MS); // should the page be hidden before that
  }
}
