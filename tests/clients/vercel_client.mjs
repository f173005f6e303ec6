// A program written with Vercel's AI SDK. The environment says where the API is.

import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, embedMany, generateObject, generateText, isStepCount, Output, streamObject, streamText, tool } from 'ai';
import { z } from 'zod';
import { run } from './checks.mjs';

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const models = [openai.responses('gpt-4o'), openai.chat('gpt-4o')];
const each = async (step) => { for (const model of models) await step(model); };

const schema = z.object({ name: z.string(), age: z.number() });
const ADA = { name: 'Ada', age: 36 };
const prompt = 'Ada is 36 years old.';
const weather = tool({
  description: 'Tell the weather in a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `Sunny in ${city}`,
});
const asked = { prompt: "What's the weather in Paris?", tools: { weather }, stopWhen: isStepCount(3) };

const chats = () =>
  each(async (model) => {
    const { text, usage, finishReason, warnings } = await generateText({ model, system: 'You are brief.', prompt: 'Say hello.' });
    assert.ok(text);
    assert.equal(usage.totalTokens, usage.inputTokens + usage.outputTokens);
    assert.equal(finishReason, 'stop');
    assert.deepEqual(warnings ?? [], []);
  });

const streams = () =>
  each(async (model) => {
    const whole = await generateText({ model, prompt: 'Say hello.' });
    const result = streamText({ model, prompt: 'Say hello.', onError: ({ error }) => { throw error; } });
    let said = '';
    for await (const piece of result.textStream) said += piece;
    assert.equal(said, whole.text);
    assert.ok((await result.usage).totalTokens > 0);
    assert.equal(await result.finishReason, 'stop');
  });

const usesTools = () =>
  each(async (model) => {
    const { text, steps } = await generateText({ model, ...asked });
    assert.deepEqual(steps.map((step) => step.finishReason), ['tool-calls', 'stop']);
    assert.deepEqual(steps[0].toolCalls[0].input, { city: 'Paris' });
    assert.match(text, /Sunny in Paris/);
  });

const streamsTools = () =>
  each(async (model) => {
    const result = streamText({ model, ...asked });
    const kinds = new Set();
    for await (const part of result.fullStream) {
      assert.notEqual(part.type, 'error', String(part.error));
      kinds.add(part.type);
    }
    for (const kind of ['tool-input-delta', 'tool-call', 'tool-result', 'text-delta', 'finish']) assert.ok(kinds.has(kind), kind);
    assert.match(await result.text, /Sunny in Paris/);
  });

const makesObjects = () =>
  each(async (model) => {
    assert.deepEqual((await generateObject({ model, schema, prompt })).object, ADA);
    assert.deepEqual((await generateText({ model, output: Output.object({ schema }), prompt })).output, ADA);
  });

const streamsObjects = () =>
  each(async (model) => {
    const result = streamObject({ model, schema, prompt });
    let last;
    for await (const partial of result.partialObjectStream) last = partial;
    assert.deepEqual(last, ADA);
    assert.deepEqual(await result.object, ADA);
  });

const reasons = async () => {
  const { reasoningText, usage } = await generateText({
    model: openai.responses('gpt-5'),
    prompt: 'Say hello.',
    providerOptions: { openai: { reasoningSummary: 'auto', reasoningEffort: 'high' } },
  });
  assert.ok(reasoningText);
  assert.ok(usage.outputTokenDetails.reasoningTokens > 0);
};

const searchesTheWeb = async () => {
  const { text, sources } = await generateText({
    model: openai.responses('gpt-4o'),
    prompt: 'Search the web: what is the capital of France?',
    tools: { web_search: openai.tools.webSearch({}) },
  });
  assert.ok(text);
  assert.ok(sources.length > 0);
};

const embeds = async () => {
  const model = openai.embedding('text-embedding-3-small');
  const { embeddings } = await embedMany({ model, values: ['one', 'two'] });
  assert.deepEqual(embeddings.map((vector) => vector.length), [1536, 1536]);
};

const throwsErrors = () =>
  each(async (model) => {
    const request = generateText({ model, prompt: 'rate_limit', maxRetries: 0 });
    await assert.rejects(request, (error) => APICallError.isInstance(error) && error.statusCode === 429 && error.isRetryable);
  });

await run(
  chats, streams, usesTools, streamsTools, makesObjects, streamsObjects, reasons, searchesTheWeb, embeds, throwsErrors,
);
