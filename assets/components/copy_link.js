// Copies the address, which holds the whole state of the lesson.

function copyByHand(text) {
  // navigator.clipboard needs https or localhost; a lecture hall's server may have neither.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

export default function copyLink({ parentElement }) {
  const button = parentElement.querySelector("button");
  const words = button.textContent;
  button.onclick = async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      copied = copyByHand(location.href);
    }
    button.textContent = copied ? "Copied" : "Copy it from the address bar";
    setTimeout(() => (button.textContent = words), 1600);
  };
}
