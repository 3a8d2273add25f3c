import { randomUUID } from 'node:crypto';

import { json, Router } from 'express';
import { z } from 'zod';

import { type Order, ORDERS } from './partner-data.ts';

const newOrder = z.strictObject({
  customer: z.string().trim().min(1).max(100),
  items: z
    .array(z.strictObject({ sku: z.string().regex(/^[A-Z0-9-]{3,20}$/), quantity: z.int().min(1).max(10_000) }))
    .min(1)
    .max(50),
});

const listQuery = z.strictObject({
  status: z.enum(['received', 'packed', 'shipped', 'delivered']).optional(),
  customer: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

const slowQuery = z.strictObject({ ms: z.coerce.number().int().min(0).max(60_000).default(5000) });
const largeQuery = z.strictObject({ bytes: z.coerce.number().int().min(1).max(8_388_608).default(1_048_576) });

/** The demo partner's own API: orders, and two answers that are hard to take, a slow one and a large one. */
export function ordersApi(): Router {
  const orders = new Map(ORDERS.map((order): [string, Order] => [order.id, order]));
  const router = Router();

  router.get('/orders', (request, response) => {
    const { data: query, error } = listQuery.safeParse(request.query);
    if (error !== undefined) return void response.status(400).json(describeProblems(error));
    const found = [...orders.values()].filter(
      ({ status, customer }) =>
        (query.status === undefined || status === query.status) &&
        (query.customer === undefined || customer.toLowerCase() === query.customer.toLowerCase()),
    );
    response.json({ orders: found.slice(0, query.limit), total: found.length });
  });

  router.get('/orders/:id', (request, response) => {
    const order = orders.get(request.params.id);
    if (order === undefined) return void response.status(404).json({ error: 'not_found', message: 'No such order.' });
    response.json(order);
  });

  router.post('/orders', json({ limit: '64kb' }), (request, response) => {
    const { data, error } = newOrder.safeParse(request.body);
    if (error !== undefined) return void response.status(422).json(describeProblems(error));
    const order: Order = {
      id: `ord-${randomUUID()}`,
      status: 'received',
      created_at: new Date().toISOString(),
      ...data,
    };
    orders.set(order.id, order);
    response.status(201).location(`/v1/orders/${order.id}`).json(order);
  });

  router.get('/slow', (request, response) => {
    const { data: query, error } = slowQuery.safeParse(request.query);
    if (error !== undefined) return void response.status(400).json(describeProblems(error));
    const timer = setTimeout(() => response.json({ waited_ms: query.ms }), query.ms);
    response.once('close', () => clearTimeout(timer));
  });

  router.get('/large', (request, response) => {
    const { data: query, error } = largeQuery.safeParse(request.query);
    if (error !== undefined) return void response.status(400).json(describeProblems(error));
    response.type('text/plain').send('0123456789abcdef'.repeat(Math.ceil(query.bytes / 16)).slice(0, query.bytes));
  });

  return router;
}

function describeProblems({ issues }: z.ZodError) {
  return {
    error: 'validation_failed',
    problems: issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  };
}
