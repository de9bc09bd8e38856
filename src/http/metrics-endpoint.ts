/** `GET /metrics` of the admin listener, for Prometheus. */
import type { Middleware } from 'koa';

export interface MetricsHost {
  /** The metrics in the format that the Accept header asks for. */
  metrics(accept: string): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function metricsEndpoint(host: MetricsHost): Middleware {
  return async (context) => {
    const { contentType, text } = await host.metrics(context.get('accept'));
    context.body = text;
    context.set('Content-Type', contentType);
  };
}
