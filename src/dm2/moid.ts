/**
 * Finding the MOID at the beginning of a ClientURI (DM-2.0 §6.1.1.1).
 *
 * A MOID is a URN (`urn:oma:mo:oma-dcmo:1.0`) or begins with a reversed domain (`com.example/1.2/Product`), and then has
 * slashes of its own: only who knows the MOIDs can tell where it ends.
 */

/** Who knows the MOIDs. */
export interface MoidRecognizer {
  /** The longest beginning of `text`, as written there, that names a known MOID and has a `/` behind it. */
  longestMoid(text: string): string | undefined;
}

/**
 * Recognizes these MOIDs, written with or without the leading `urn:` (the printed examples have both, DM-2.0 §7.2.1.4),
 * their slashes raw or as `%2F`.
 */
export function moidRecognizer(known: Iterable<string>): MoidRecognizer {
  const moids = new Set(Array.from(known, withoutUrn));
  const most = Math.max(1, ...Array.from(moids, (moid) => moid.split('/').length));
  return {
    longestMoid(text) {
      const segments = text.split('/');
      for (let count = Math.min(most, segments.length - 1); count > 0; count--) {
        const written = segments.slice(0, count).join('/');
        const moid = decodeOrUndefined(written);
        if (moid !== undefined && moids.has(withoutUrn(moid))) return written;
      }
      return undefined;
    },
  };
}

/** The MOID without `urn:`, for comparing the two ways of writing one. */
export function withoutUrn(moid: string): string {
  return moid.replace(/^urn:/i, '');
}

function decodeOrUndefined(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
