/** The rules that choose a door for each request of a device, as the configuration names them. */

/** All given conditions must hold; without conditions every request matches. A condition on an unknown fact does not hold. */
export interface RouteMatch {
  /** Pattern, compared trimmed and without case. */
  readonly devId?: string;
  /** Compared trimmed and without case. */
  readonly devIds?: readonly string[];
  /** A text with `*` or `?` is a pattern. */
  readonly manufacturer?: string | readonly string[];
  readonly model?: string | readonly string[];
  readonly firmware?: string | readonly string[];
  /** The device has at least one of these tags. */
  readonly tag?: string | readonly string[];
  /** Share of the devices, 0 to 100, by a stable hash of the DevId. */
  readonly percent?: number;
  /** Chooses other devices for `percent`. */
  readonly salt?: string;
  readonly protocol?: Protocol;
  /** Of DM 1.x. */
  readonly version?: '1.1' | '1.2' | '1.3';
  /** Pattern. */
  readonly userAgent?: string;
  /** Pattern over the path of the request, without the query. */
  readonly path?: string;
  /** Addresses and networks of clients. */
  readonly network?: readonly string[];
}

export type RouteMatchKey = keyof RouteMatch;

export type Protocol = 'dm1' | 'dm20';

interface RuleHead {
  /** Unique in its table. */
  readonly name: string;
  readonly match: RouteMatch;
}

export interface BridgeRoute extends RuleHead {
  /** Name of the account. */
  readonly bridge: string;
}

/** The connections to a legacy server, PEM texts. */
export interface PassthroughTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** The name that the certificate must have; undefined: the host of the URL. */
  readonly servername: string | undefined;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
}

/** A legacy server, and the way to it. */
export interface Passthrough {
  readonly url: string;
  /** Milliseconds up to the header of the answer. */
  readonly timeout: number;
  /** `upstream`: the host of `url`; undefined: as the device sent it. */
  readonly host: 'upstream' | undefined;
  /** True adds `X-Forwarded-*` and `Via`. */
  readonly forwarded: boolean;
  /** The header that carries the verified certificate of the device. */
  readonly clientCertHeader: string | undefined;
  readonly tls: PassthroughTls | undefined;
}

export interface PassthroughRoute extends RuleHead {
  readonly passthrough: Passthrough;
}

export interface RefuseRoute extends RuleHead {
  /** `status`: sent to every request in place of the form that fits it. */
  readonly refuse: { readonly status: number | undefined };
}

export type Route = BridgeRoute | PassthroughRoute | RefuseRoute;

/** True when some requests do not go to the bridge. */
export function hasOtherDoors(routes: readonly Route[]): boolean {
  return routes.some((route) => !('bridge' in route));
}

/** A request and its device, as far as they are known. */
export interface RouteFacts {
  readonly protocol: Protocol;
  /** As the device writes it. */
  readonly devId?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly firmware?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly version?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Without the query. */
  readonly path?: string | undefined;
  /** The IP address of the client. */
  readonly address?: string | undefined;
}
