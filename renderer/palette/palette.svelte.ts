/** The palette's door: any part of the page may open it, with a text or without. */
class Palette {
  shown = $state(false);
  text = $state("");

  open(text = ""): void {
    this.text = text;
    this.shown = true;
  }

  close(): void {
    this.shown = false;
  }

  toggle(): void {
    if (this.shown) this.close();
    else this.open();
  }
}

export const palette = new Palette();
