import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { WechatPayComplaintInstrumentation } from 'nestjs-wechatpay-complaint/opentelemetry';

/** Milliseconds. The tests export by themselves. */
const NEVER = 2 ** 31 - 1;

/** The SDK of OpenTelemetry, with exporters that keep what they are given. */
export class Telemetry {
  readonly tracerProvider: BasicTracerProvider;
  private readonly spanExporter = new InMemorySpanExporter();
  private readonly metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  private readonly meterProvider: MeterProvider;
  private readonly contextManager = new AsyncLocalStorageContextManager();
  private readonly unregister: () => void;

  constructor(instrumentation = new WechatPayComplaintInstrumentation()) {
    this.tracerProvider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(this.spanExporter)],
    });
    this.meterProvider = new MeterProvider({
      readers: [
        new PeriodicExportingMetricReader({
          exporter: this.metricExporter,
          exportIntervalMillis: NEVER,
        }),
      ],
    });
    context.setGlobalContextManager(this.contextManager);
    this.unregister = registerInstrumentations({
      instrumentations: [instrumentation],
      tracerProvider: this.tracerProvider,
      meterProvider: this.meterProvider,
    });
  }

  /** The spans that have ended, in this order. */
  get spans(): ReadableSpan[] {
    return this.spanExporter.getFinishedSpans();
  }

  /** Runs a function within a span, as what instruments HTTP does. */
  async within<T>(name: string, run: () => Promise<T>): Promise<T> {
    const span = this.tracerProvider.getTracer('test').startSpan(name);
    try {
      return await context.with(trace.setSpan(context.active(), span), run);
    } finally {
      span.end();
    }
  }

  /** The data points of a metric so far, with their attributes. */
  async metric(name: string): Promise<DataPoint<unknown>[]> {
    this.metricExporter.reset();
    await this.meterProvider.forceFlush();
    return this.metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }): DataPoint<unknown>[] => dataPoints);
  }

  async stop(): Promise<void> {
    this.unregister();
    context.disable();
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
  }
}

/** The name of the span of which a span is a child. */
export function parentOf(span: ReadableSpan, spans: readonly ReadableSpan[]): string | undefined {
  const id = span.parentSpanContext?.spanId;
  return spans.find((other) => other.spanContext().spanId === id)?.name;
}
