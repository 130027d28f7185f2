// Copies of unsaved boxes, kept in this browser.

export interface Copy {
  value: string;
  revision: number;
  unanswered: string[];
}

export class Copies {
  constructor(private readonly sheet: string) {}

  private name(key: string): string {
    return `charrette:unsaved:${this.sheet}:${key}`;
  }

  read(key: string): Copy | null {
    try {
      return JSON.parse(localStorage.getItem(this.name(key)) ?? "null") as Copy | null;
    } catch {
      return null;
    }
  }

  /** Whether it is kept: a full or forbidden store keeps nothing, and the page must not say otherwise. */
  write(key: string, copy: Copy): boolean {
    try {
      localStorage.setItem(this.name(key), JSON.stringify(copy));
      return true;
    } catch {
      return false;
    }
  }

  drop(key: string): void {
    try {
      localStorage.removeItem(this.name(key));
    } catch {
      // nothing was kept
    }
  }
}
