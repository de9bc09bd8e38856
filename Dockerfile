# One image for every dmbridge command. The launcher passes signals on, so tini is not needed.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The Node of the image is new enough, so the runtime from the npm packages is left out.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE README.md ./
COPY bin ./bin
COPY src ./src
COPY mappings ./mappings
COPY examples ./examples
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s \
  CMD ["node", "--disable-sigusr1", "bin/dmbridge.cjs", "health", "--config", "/etc/dmbridge/dmbridge.yaml"]
# With this flag the launcher starts no second process.
ENTRYPOINT ["node", "--disable-sigusr1", "bin/dmbridge.cjs"]
CMD ["serve", "--config", "/etc/dmbridge/dmbridge.yaml"]
