import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { DataTypes, Sequelize } from 'sequelize';

/** The usual way to build this list without types: Express, its usual middlewares, and Sequelize's models. */
const sequelize = new Sequelize(process.env.DATABASE_URL ?? '', {
  logging: false,
  pool: { max: 10 },
  define: { underscored: true },
});
const id = { type: DataTypes.UUID, primaryKey: true };
const User = sequelize.define('user', {
  id,
  username: DataTypes.TEXT,
  displayName: DataTypes.TEXT,
  avatarUrl: DataTypes.TEXT,
  isVerified: DataTypes.BOOLEAN,
});
const Stream = sequelize.define('stream', {
  id,
  title: DataTypes.TEXT,
  description: DataTypes.TEXT,
  category: DataTypes.TEXT,
  thumbnailUrl: DataTypes.TEXT,
  tags: DataTypes.ARRAY(DataTypes.TEXT),
  status: DataTypes.TEXT,
  isPrivate: DataTypes.BOOLEAN,
  price: { type: DataTypes.INTEGER, field: 'price_amount' },
  currency: DataTypes.CHAR(3),
  viewerCount: DataTypes.INTEGER,
  peakViewerCount: DataTypes.INTEGER,
  scheduledStartAt: DataTypes.DATE,
  startedAt: DataTypes.DATE,
  endedAt: DataTypes.DATE,
  createdAt: DataTypes.DATE,
  updatedAt: DataTypes.DATE,
});
Stream.belongsTo(User, { as: 'performer', foreignKey: 'performer_id' });

const app = express();
app.use(helmet());
app.use(cors({ origin: [] }));
app.use(rateLimit({ windowMs: 60_000, limit: 100_000_000 }));

const LIMIT = 20;
app.get('/api/streams', async (_request, response) => {
  const rows = await Stream.findAll({
    attributes: { exclude: ['performer_id'] },
    include: {
      model: User,
      as: 'performer',
      attributes: ['id', 'username', 'displayName', 'avatarUrl', 'isVerified'],
    },
    where: { status: 'live', isPrivate: false },
    order: [['id', 'DESC']],
    limit: LIMIT + 1,
  });
  const items = rows.slice(0, LIMIT).map((row) => {
    const { id, performer, ...rest } = row.toJSON();
    return { id, performer, ...rest };
  });
  response.json({ items, nextCursor: null });
});
app.listen(Number(process.env.PORT), '127.0.0.1');
