import type { LoggedEvent } from './log.ts';
import { renderAsa } from './render-asa.ts';
import { renderClient } from './render-client.ts';
import { renderIos } from './render-ios.ts';
import { renderJson } from './render-json.ts';
import { renderVpn3000 } from './render-vpn3000.ts';

/** The forms that one event can be written in. */
export const EVENT_FORMS = ['vpn3000', 'asa', 'ios', 'json', 'client'] as const;
export type EventForm = (typeof EVENT_FORMS)[number];

const renderers: Readonly<Record<EventForm, (event: LoggedEvent) => string>> = {
  vpn3000: renderVpn3000,
  asa: (event) => renderAsa(event, { timestamp: true }),
  ios: renderIos,
  json: renderJson,
  client: renderClient,
};

/** Writes an event in one of its forms, without a newline at the end. */
export const renderEvent = (event: LoggedEvent, form: EventForm): string => renderers[form](event);
