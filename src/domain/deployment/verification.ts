/** What has to be so before a deployed release counts as healthy. */
import type { Catalog, Probe } from '../catalog/catalog.ts';

export type Verification = {
  /** How many people have to say so; none: what went through is healthy, unless its probes or its checks say otherwise. */
  people: number;
  /** For so many minutes its probes have to answer well; then whoever runs it is asked. */
  minutes: number;
  checklist: readonly string[];
  /** Addresses that are asked while it is watched. */
  probes: readonly Probe[];
};

const USUAL_MINUTES = 30;

/** The catalog's, for a service; what it leaves open is as the preset has it. */
export const verificationOf = (catalog: Catalog, service: string): Verification => {
  const { verify, probes } = catalog.services[service] ?? {};
  return {
    people: verify?.people ?? (catalog.preset === 'light' ? 0 : 1),
    minutes: verify?.minutes ?? USUAL_MINUTES,
    checklist: verify?.checklist ?? [],
    probes: probes ?? [],
  };
};

/** Nothing is looked at and nobody is asked: what went through is healthy. */
export const isHealthyAtOnce = (catalog: Catalog, service: string): boolean => {
  const { people, checklist, probes } = verificationOf(catalog, service);
  return people === 0 && checklist.length === 0 && probes.length === 0;
};

/** An address as it may be shown: what stands behind its path may be a secret. */
export const probeName = (url: string): string => {
  const { host, pathname } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}`;
};

/** The addresses of a service in one place. */
export const probesIn = (catalog: Catalog, service: string, environment: string): readonly Probe[] =>
  verificationOf(catalog, service).probes.filter(
    (probe) => probe.environment === null || probe.environment === environment,
  );
