import { PaymentProviderName } from '@versbottomlex/shared';
import { z } from 'zod';
import { responsesOf } from './openapi-responses.js';
import type { DocumentedOperation, JsonSchema } from './openapi-types.js';

/** What a webhook is answered with that was taken. */
export const WebhookReceipt = z.object({ received: z.literal(true) }).meta({ id: 'WebhookReceipt' });

const receive: DocumentedOperation = {
  operationId: 'paymentsReceiveWebhook',
  summary: 'Take a webhook of the payment provider',
  description:
    'For the provider that is set up, with the body and the signature that it sends (`Stripe-Signature`, not older than 300 seconds). An event has its effect once, however often and in whatever order it comes.',
  tags: ['payments'],
  security: [],
  parameters: [
    {
      in: 'path',
      name: 'provider',
      required: true,
      description: 'Whose webhook it is.',
      schema: { type: 'string', enum: PaymentProviderName.options, example: 'stripe' } satisfies JsonSchema,
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { type: 'object' }, example: { id: 'evt_1', type: 'charge.updated' } },
    },
  },
  responses: {
    '200': {
      description: 'OK',
      headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/WebhookReceipt' },
          example: { received: true },
        },
      },
    },
    ...responsesOf([
      'SIGNATURE_INVALID',
      'MALFORMED_REQUEST',
      'HOST_NOT_ALLOWED',
      'NOT_FOUND',
      'PAYLOAD_TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'RATE_LIMITED',
      'INTERNAL_ERROR',
      'DEPENDENCY_UNAVAILABLE',
      'PAYMENTS_HALTED',
    ]),
  },
};

/** The webhooks, which are a route without a procedure. */
export const webhookPaths = (apiPrefix: string): Record<string, Record<string, DocumentedOperation>> => ({
  [`${apiPrefix}/payments/webhooks/{provider}`]: { post: receive },
});
