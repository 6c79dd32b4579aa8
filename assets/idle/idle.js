/* Says once when what stands above it on the page has been drawn and the browser has nothing else to do. */

const AT_LATEST = 5000; // milliseconds

/* Whether the components above take room, and all that is above fills the first screen. */
function drawn(place) {
  const host = place.getRootNode().host ?? place;
  const above = [...document.querySelectorAll(".st-key-results [data-testid^=stBidiComponent]")].filter(
    (other) => !other.contains(host) && other.compareDocumentPosition(host) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const room = (element) => element.getBoundingClientRect();
  return room(place).top > innerHeight / 2 && above.every((other) => room(other).height > 0);
}

export default function ({ parentElement, setTriggerValue }) {
  const started = performance.now();
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 100));
  let timer;
  const look = () => {
    if (drawn(parentElement.querySelector(".malt-idle")) || performance.now() - started > AT_LATEST) {
      idle(() => setTriggerValue("idle", true), { timeout: AT_LATEST });
    } else timer = setTimeout(look, 50);
  };
  look();
  return () => clearTimeout(timer);
}
