/** The same object type without `readonly`, for a function that builds a record member by member. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
