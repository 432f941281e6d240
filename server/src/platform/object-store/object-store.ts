/** What a store says of one of its files. */
export type StoredFile = { name: string; storedAt: Date };

/** A kind of file that is stored: what it is served as. */
export type NewFile = { name: string; bytes: Uint8Array; contentType: string };

/** Keeps files under names that are given once and never again, so that what is read of one may be kept for good. */
export type ObjectStore = {
  /** Where anyone reads the file. */
  urlOf(name: string): string;
  /** The name of the file that `url` leads to; undefined for a URL of elsewhere. */
  nameIn(url: string): string | undefined;
  /** Throws DEPENDENCY_UNAVAILABLE when the store is away; the file is whole or not there. */
  put(file: NewFile): Promise<void>;
  /** A file that is not there is removed already. Throws DEPENDENCY_UNAVAILABLE when the store is away. */
  remove(name: string): Promise<void>;
  /** Every file, in batches. */
  list(): AsyncIterable<StoredFile[]>;
};

/** What may be in a name: nothing that a path, a URL or a header would read as more. */
export const FILE_NAME = /^[a-z0-9][a-z0-9.-]{0,127}$/;

/** How long whoever has read a file may keep it: names are never given twice. */
export const FILE_CACHE_CONTROL = 'public, max-age=31536000, immutable';

/** The part of a store that depends on its address only. */
export const addressesBelow = (baseUrl: string): Pick<ObjectStore, 'urlOf' | 'nameIn'> => {
  const base = `${baseUrl.replace(/\/+$/, '')}/`;
  return {
    urlOf: (name) => `${base}${name}`,
    nameIn: (url) => {
      const name = url.startsWith(base) ? url.slice(base.length) : '';
      return FILE_NAME.test(name) ? name : undefined;
    },
  };
};
