// A program written with the official client for Node. The environment says where the API is.

import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';
import { zodFunction, zodResponseFormat, zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { run } from './checks.mjs';

const client = new OpenAI({ maxRetries: 0 });
const model = 'gpt-4o';
const HI = [{ role: 'user', content: 'Say hello.' }];
const ASKED = [{ role: 'user', content: "What's the weather in Paris?" }];
const Person = z.object({ name: z.string(), age: z.number() });
const City = z.object({ city: z.string() });
const WEATHER = { name: 'get_weather', description: 'Tell the weather in a city.' };
const ADA = { name: 'Ada', age: 36 };
const SENTENCE = 'Ada is 36 years old.';

async function chats() {
  const { data, response, request_id } = await client.chat.completions.create({ model, messages: HI }).withResponse();
  assert.ok(data.choices[0].message.content);
  assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  assert.equal(request_id, response.headers.get('x-request-id'));
  assert.equal(data._request_id, request_id);
}

async function streams() {
  const whole = await client.chat.completions.create({ model, messages: HI });
  let said = '';
  for await (const chunk of await client.chat.completions.create({ model, messages: HI, stream: true })) {
    said += chunk.choices[0]?.delta.content ?? '';
  }
  assert.equal(said, whole.choices[0].message.content);
}

async function helpsWithStreams() {
  const told = new Set();
  const stream = client.chat.completions.stream({ model, messages: HI, stream_options: { include_usage: true } });
  for (const event of ['connect', 'chunk', 'content', 'content.delta', 'content.done', 'message', 'finalContent', 'end']) {
    stream.on(event, () => told.add(event));
  }
  const content = await stream.finalContent();
  assert.equal(content, (await stream.finalMessage()).content);
  assert.equal((await stream.totalUsage()).total_tokens, (await stream.finalChatCompletion()).usage.total_tokens);
  await stream.done();
  assert.equal(told.size, 8, [...told].join());
}

async function streamsToolCalls() {
  const tools = [zodFunction({ ...WEATHER, parameters: City })];
  const stream = client.chat.completions.stream({ model, messages: ASKED, tools });
  let pieces = '';
  stream.on('tool_calls.function.arguments.delta', (event) => (pieces += event.arguments_delta));
  const [call] = (await stream.finalMessage()).tool_calls;
  assert.deepEqual(call.function.parsed_arguments, { city: 'Paris' });
  assert.equal(pieces, call.function.arguments);
}

async function streamsToAnotherReader() {
  const stream = client.chat.completions.stream({ model, messages: HI });
  const { ChatCompletionStream } = await import('openai/lib/ChatCompletionStream');
  const read = ChatCompletionStream.fromReadableStream(stream.toReadableStream());
  assert.ok(await read.finalContent());
}

const asked = [];
const weatherTool = () =>
  zodFunction({
    ...WEATHER,
    parameters: City,
    function: ({ city }) => {
      asked.push(city);
      return `Sunny in ${city}`;
    },
  });

async function runsTools() {
  const runner = client.chat.completions.runTools({ model, messages: ASKED, tools: [weatherTool()] });
  assert.match(await runner.finalContent(), /Sunny in Paris/);
  assert.deepEqual(runner.messages.map((message) => message.role), ['user', 'assistant', 'tool', 'assistant']);
}

async function runsToolsInAStream() {
  const runner = client.chat.completions.runTools({ model, messages: ASKED, tools: [weatherTool()], stream: true });
  const results = [];
  runner.on('functionToolCallResult', (result) => results.push(result));
  assert.match(await runner.finalContent(), /Sunny in Paris/);
  assert.deepEqual(results, ['Sunny in Paris']);
  assert.deepEqual(new Set(asked), new Set(['Paris']));
}

async function parses() {
  const messages = [{ role: 'user', content: SENTENCE }];
  const completion = await client.chat.completions.parse({
    model,
    messages,
    response_format: zodResponseFormat(Person, 'person'),
  });
  assert.deepEqual(completion.choices[0].message.parsed, ADA);
}

async function responds() {
  const response = await client.responses.create({ model, input: 'Say hello.' });
  assert.ok(response.output_text);
  const next = await client.responses.create({ model, input: 'And again?', previous_response_id: response.id });
  assert.equal(next.previous_response_id, response.id);
  assert.deepEqual((await client.responses.retrieve(response.id)).output, response.output);
  const items = [];
  for await (const item of client.responses.inputItems.list(next.id, { order: 'asc', limit: 1 })) items.push(item.type);
  assert.deepEqual(items, ['message', 'message', 'message']);
}

async function streamsResponses() {
  const stream = client.responses.stream({ model, input: 'Say hello.' });
  let said = '';
  stream.on('response.output_text.delta', (event) => (said += event.delta));
  const final = await stream.finalResponse();
  assert.equal(said, final.output_text);
  assert.deepEqual((await client.responses.retrieve(final.id)).output[0].content[0].text, said);
}

async function resumesAStreamOfAResponse() {
  const begun = await client.responses.create({ model, input: 'Say hello.', background: true, stream: true });
  let id;
  for await (const event of begun) {
    if (event.type === 'response.created') id = event.response.id;
    if (event.sequence_number === 3) break;
  }
  const stream = client.responses.stream({ response_id: id, starting_after: 3 });
  const numbers = [];
  stream.on('event', (event) => numbers.push(event.sequence_number));
  assert.equal((await stream.finalResponse()).status, 'completed');
  assert.equal(numbers.find((number) => number > 3), 4);
}

async function callsToolsInResponses() {
  const tools = [zodResponsesFunction({ ...WEATHER, parameters: City })];
  const stream = client.responses.stream({ model, input: ASKED, tools });
  const first = await stream.finalResponse();
  const call = first.output.find((item) => item.type === 'function_call');
  assert.deepEqual(call.parsed_arguments, { city: 'Paris' });
  const output = { type: 'function_call_output', call_id: call.call_id, output: 'Sunny in Paris' };
  const last = await client.responses.create({ model, tools, previous_response_id: first.id, input: [output] });
  assert.match(last.output_text, /Sunny in Paris/);
}

async function parsesResponses() {
  const text = { format: zodTextFormat(Person, 'person') };
  assert.deepEqual((await client.responses.parse({ model, input: SENTENCE, text })).output_parsed, ADA);
  const streamed = await client.responses.stream({ model, input: SENTENCE, text }).finalResponse();
  assert.deepEqual(streamed.output_parsed, ADA);
}

async function assists() {
  const tools = [{ type: 'function', function: { ...WEATHER, parameters: z.toJSONSchema(City) } }];
  const assistant = await client.beta.assistants.create({ model, tools, name: 'Weather' });
  const thread = await client.beta.threads.create({ messages: ASKED });
  const first = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
  const stopped = await first.finalRun();
  assert.equal(stopped.status, 'requires_action');
  const [call] = stopped.required_action.submit_tool_outputs.tool_calls;
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris' });

  const second = client.beta.threads.runs.submitToolOutputsStream(stopped.id, {
    thread_id: thread.id,
    tool_outputs: [{ tool_call_id: call.id, output: 'Sunny in Paris' }],
  });
  let said = '';
  second.on('textDelta', (delta) => (said += delta.value));
  const [message] = await second.finalMessages();
  assert.match(said, /Sunny in Paris/);
  assert.equal(message.content[0].text.value, said);
  assert.deepEqual((await second.finalRunSteps()).map((step) => step.type), ['tool_calls', 'message_creation']);
  const run = await client.beta.threads.runs.retrieve(stopped.id, { thread_id: thread.id });
  assert.equal(run.status, 'completed');
}

async function pollsRuns() {
  const assistant = await client.beta.assistants.create({ model });
  const run = await client.beta.threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages: HI } });
  assert.equal(run.status, 'completed');
  const messages = await client.beta.threads.messages.list(run.thread_id, { run_id: run.id });
  assert.equal(messages.data.length, 1);
}

async function drawsWithCode() {
  const assistant = await client.beta.assistants.create({ model, tools: [{ type: 'code_interpreter' }] });
  const messages = [{ role: 'user', content: 'Calculate 12 * 12, please.' }];
  const stream = client.beta.threads.createAndRunStream({ assistant_id: assistant.id, thread: { messages } });
  const told = [];
  stream.on('toolCallCreated', (call) => told.push(call.type));
  stream.on('runStepDone', (step) => told.push(step.status));
  const [message] = await stream.finalMessages();
  assert.match(message.content[0].text.value, /144/);
  assert.deepEqual(told, ['code_interpreter', 'completed', 'completed']);
}

async function chatsInAKit() {
  const session = await client.beta.chatkit.sessions.create({ user: 'ann', workflow: { id: 'wf_1' } });
  assert.match(session.client_secret, /^ek_/);
  const [thread] = (await client.beta.chatkit.threads.list({ user: 'ann' })).data;
  const items = [];
  for await (const item of client.beta.chatkit.threads.listItems(thread.id, { order: 'asc', limit: 1 })) items.push(item.type);
  assert.deepEqual(items, ['chatkit.user_message', 'chatkit.assistant_message']);
  assert.equal((await client.beta.chatkit.sessions.cancel(session.id)).status, 'cancelled');
  assert.ok((await client.beta.chatkit.threads.delete(thread.id)).deleted);
}

async function leadsAgents() {
  const weather = { type: 'function', name: 'get_weather', description: 'The weather', parameters: z.toJSONSchema(City) };
  const { sessions } = client.beta.agents;
  const session = await sessions.create({ environment: { type: 'none' }, agent: { model, tools: [weather] }, input: 'Hi' });
  const cities = [];
  const toolHandlers = { get_weather: ({ city }) => (cities.push(city), 'Sunny') };
  const stream = sessions.stream(session.id, { input: ASKED[0].content, toolHandlers });
  const result = await stream.finalResult();
  assert.deepEqual([cities, result.turn.status], [['Paris'], 'completed']);
  assert.match(result.output_text, /Sunny/);
}

async function embeds() {
  const input = ['one', 'two'];
  const wide = await client.embeddings.create({ model: 'text-embedding-3-small', input });
  assert.deepEqual(wide.data.map((row) => row.embedding.length), [1536, 1536]);
  const plain = await client.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' });
  wide.data[1].embedding.forEach((value, place) => assert.ok(Math.abs(value - plain.data[1].embedding[place]) < 1e-6));
  const packed = await client.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'base64' });
  assert.equal(Buffer.from(packed.data[0].embedding, 'base64').length, 4 * 1536);
}

async function keepsFiles() {
  const content = 'The capital of France is Paris.';
  const sent = await client.files.create({ file: await toFile(Buffer.from(content), 'france.txt'), purpose: 'assistants' });
  await client.files.waitForProcessing(sent.id);
  assert.equal(sent.bytes, content.length);
  const other = await client.files.create({ file: await toFile(Buffer.from('{}'), 'b.jsonl'), purpose: 'batch' });
  assert.equal(await (await client.files.content(other.id)).text(), '{}');
  assert.equal((await client.files.delete(sent.id)).deleted, true);
}

async function searchesVectorStores() {
  const store = await client.vectorStores.create({ name: 'Countries' });
  const france = await toFile(Buffer.from('The capital of France is Paris.'), 'france.txt');
  const spain = await toFile(Buffer.from('The capital of Spain is Madrid.'), 'spain.txt');
  const one = await client.vectorStores.files.uploadAndPoll(store.id, france);
  assert.equal(one.status, 'completed');
  const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files: [spain] });
  assert.deepEqual([batch.status, batch.file_counts.completed], ['completed', 1]);
  const found = [];
  for await (const result of client.vectorStores.search(store.id, { query: 'capital of Spain' })) found.push(result.filename);
  assert.equal(found[0], 'spain.txt');
}

async function listsPages() {
  const ids = [];
  for (const name of ['a', 'b', 'c']) ids.push((await client.vectorStores.create({ name, metadata: { paged: 'yes' } })).id);
  const page = await client.vectorStores.list({ limit: 2 });
  assert.deepEqual(page.data.map((store) => store.name), ['c', 'b']);
  assert.ok(page.hasNextPage());
  assert.equal((await page.getNextPage()).data[0].id, ids[0]);
  const all = [];
  for await (const store of client.vectorStores.list({ limit: 1 })) all.push(store.id);
  assert.deepEqual(all.slice(0, 3), ids.toReversed());
}

async function throwsErrors() {
  const kinds = {
    rate_limit: OpenAI.RateLimitError,
    insufficient_quota: OpenAI.RateLimitError,
    server_error: OpenAI.InternalServerError,
    overloaded: OpenAI.InternalServerError,
    context_length_exceeded: OpenAI.BadRequestError,
  };
  for (const [content, kind] of Object.entries(kinds)) {
    const request = client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    await assert.rejects(request, (error) => error instanceof kind && error.requestID !== undefined);
  }
  const stranger = new OpenAI({ apiKey: 'sk-invalid-1234', maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  await assert.rejects(client.models.retrieve('no-such-model'), OpenAI.NotFoundError);
  await assert.rejects(client.chat.completions.create({ model }), { param: 'messages', status: 400 });
}

async function retries() {
  const messages = [{ role: 'user', content: 'fail twice' }];
  const { data } = await client.chat.completions.create({ model, messages }, { maxRetries: 2 }).withResponse();
  assert.ok(data.choices[0].message.content);
}

async function aborts() {
  const stream = client.chat.completions.stream({ model, messages: HI });
  stream.on('chunk', () => stream.abort());
  await assert.rejects(stream.done(), OpenAI.APIUserAbortError);
}

async function hearsAndSees() {
  const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Good morning.', response_format: 'wav' });
  const file = await toFile(Buffer.from(await spoken.arrayBuffer()), 'speech.wav');
  assert.equal((await client.audio.transcriptions.create({ model: 'whisper-1', file })).text, 'Good morning.');
  const pictures = await client.images.generate({ model: 'gpt-image-1', prompt: 'A red square' });
  assert.equal(Buffer.from(pictures.data[0].b64_json, 'base64').subarray(1, 4).toString(), 'PNG');
}

await run(
  chats, streams, helpsWithStreams, streamsToolCalls, streamsToAnotherReader, runsTools, runsToolsInAStream, parses,
  responds, streamsResponses, resumesAStreamOfAResponse, callsToolsInResponses, parsesResponses, assists, pollsRuns,
  drawsWithCode, chatsInAKit, leadsAgents,
  embeds, keepsFiles, searchesVectorStores, listsPages, throwsErrors, retries, aborts, hearsAndSees,
);
